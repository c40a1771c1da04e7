#!/usr/bin/env python3
"""Compares `weigh memory` with the figures of serving.tsv, by the rules of tests/truth/serving.py."""
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "truth"))
sys.dont_write_bytecode = True
import serving  # noqa: E402

WEIGH = os.environ.get("WEIGH") or str(HERE.parent.parent / "build/weigh")


def fault(row):
    """What differs; empty when nothing does."""
    expected = serving.printed(row["value"], serving.UNITS.get(row["unit"], 1))
    command, asked = serving.questions(row["arguments"])
    try:
        answers = [serving.ask(WEIGH, command, row["model"], options) for options in asked]
        best = [serving.evaluate(row["figure"], a).best for a in answers]
    except serving.Missing as reason:
        return str(reason)
    slack = serving.slack_of(row["tolerance"], expected, answers[0])
    near = min(best) - slack <= expected.best <= max(best) + slack
    return "" if near else f"{serving.show(best[0])} != {serving.show(expected.best)}"


def main():
    rows = list(serving.table(HERE / "serving.tsv"))
    print(f"1..{len(rows)}")
    for number, row in enumerate(rows, 1):
        why = fault(row)
        print(f"{'not ok' if why else 'ok'} {number} - {row['quantity']} of {row['model']}: {row['source']}")
        if why:
            print(f"# {why}")


main()
