#!/usr/bin/env python3
"""Compares the FLOPs that `weigh flops` gives with those that torch's counter counts in the reference library.

    tests/truth/flops.py --only '^llama$' -v           one model type, saying what differs
    tests/truth/flops.py --variations FILE --summary   made-up configurations, recorded by tests/oracle/flops.py

Needs WEIGH_TRUTH_DIR (truth/training/README.md defines the rows of flops.tsv) and a built command: $WEIGH, else
build/weigh. Products with weights and of activations are compared by phase; convolutions in forward passes only (the
counter's gradient of a grouped convolution is wrong, as its README says).
"""
import argparse
import collections
import concurrent.futures
import csv
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Recorded with a class that the configuration does not name (docs/corrections.md).
CLASSES = {"vit": "ViTForImageClassification", "dinov2": "Dinov2WithRegistersForImageClassification"}
PHASES = {"forward": "forward", "decode": "decode", "forward_backward": "train"}
Case = collections.namedtuple("Case", "name model_type config settings phase attn batch seq depth products conv")


def number(text):
    return int(text) if text not in ("", "-", None) else 0


def recorded(truth):
    """Rows of truth/training/flops.tsv: published configurations, some with fewer layers."""
    with open(truth / "truth/training/flops.tsv", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            config = truth / "truth/training/configs" / row["config"]
            config = config.parent / (config.name.removesuffix(".json") + ".json")
            if not config.is_file():
                config = truth / "models" / row["config"] / "config.json"
            settings = [] if row["layers"] == "full" else row["layers"].split(",")
            if row["arch"] in CLASSES:
                settings = settings + [f'architectures=["{CLASSES[row["arch"]]}"]']
            conv = number(row["conv"])
            yield Case(f"{row['arch']}/{row['layers']}", row["arch"], config, settings, row["phase"], row["attn"],
                       row["batch"], row["seq"], row["kv_len"],
                       number(row["total"]) - conv - number(row["conv_backward"]), conv)


def picture(note, config):
    """Options that give a bare tower the picture it was fed: its pixels, or a grid of patches."""
    pixels = re.search(r"pixel_values (?:\d+x)*?(\d+)x(\d+)(?![\dx])", note)
    grid = re.search(r"grid \d+x(\d+)x(\d+)", note)
    if grid:
        patch = json.loads(config.read_text("utf-8")).get("patch_size", 1)
        return [f"--image-size={int(grid[2]) * patch}x{int(grid[1]) * patch}"]
    return [f"--image-size={pixels[2]}x{pixels[1]}"] if pixels else []


def made_up(path, truth):
    """Rows that tests/oracle/flops.py wrote for the variations."""
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if not row.get("total", "").isdigit():
                continue
            conv = number(row["convolution"])
            config = truth / "truth/variations" / row["file"]
            yield Case(row["file"], row["model_type"], config, picture(row.get("note") or "", config), row["phase"],
                       "eager", row["batch"], row["seq"], row["kv_len"],
                       number(row["total"]) - conv - number(row["conv_backward"]), conv)


def ask(case, weigh):
    command = [weigh, "flops", str(case.config), "--format", "json", "--phase", PHASES[case.phase], "--batch",
               case.batch, "--prompt", case.seq, "--attention", case.attn]
    if case.phase == "decode":      # an encoder's source is as long as what was cached
        command += ["--depth", case.depth, "--prompt", str(max(int(case.depth), 1))]
    for setting in case.settings:
        command += [setting] if setting.startswith("--") else ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        return None, done.stderr.strip()
    return json.loads(done.stdout), ""


def judge(case, weigh):
    """ok, differs, undescribed or refused, and what to say of it."""
    answer, error = ask(case, weigh)
    if answer is None:
        return "refused", error.splitlines()[0] if error else ""
    products = answer["matmul_flops"] + answer["attention_flops"]
    conv = answer["convolution_flops"]
    ok = products == case.products and (case.phase == "forward_backward" or conv == case.conv)
    if ok:
        return "ok", ""
    said = f"products {products} != {case.products} ({products - case.products:+d})"
    if case.phase != "forward_backward" and conv != case.conv:
        said += f", convolutions {conv} != {case.conv} ({conv - case.conv:+d})"
    return ("differs" if answer["complete"] else "undescribed"), said


def label(case):
    return f"{case.name} {case.phase} {case.attn} {case.batch}x{case.seq} depth {case.depth}"


def explained():
    """Rows that differ for a known reason, which docs/corrections.md tells: label → reason."""
    lines = (pathlib.Path(__file__).parent / "flops-explained.tsv").read_text("utf-8").splitlines()
    return dict(line.split("\t") for line in lines[1:] if line)


def tap(cases, weigh):
    """One test a row; what is not described is known not to work yet, what is explained must still differ."""
    known = explained()
    print(f"1..{len(cases)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for number, (case, (verdict, said)) in enumerate(zip(cases, pool.map(lambda c: judge(c, weigh), cases)), 1):
            name, todo = label(case), ""
            ok = verdict == "ok" or (verdict == "differs" and name in known)
            if verdict == "undescribed" or (verdict == "refused" and "model_unknown" in said):
                todo = " # TODO not described"
            print(f"{'ok' if ok else 'not ok'} {number} - FLOPs of {name}{todo}", flush=True)
            if not ok:
                print(f"# {said}", flush=True)
    print(f"# {len(cases)} rows came from the truth folder", flush=True)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="model types that match")
    parser.add_argument("--variations", metavar="FILE")
    parser.add_argument("--summary", action="store_true")
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("-v", action="store_true", dest="verbose")
    options = parser.parse_args()
    truth = pathlib.Path(os.environ["WEIGH_TRUTH_DIR"])
    weigh = os.environ.get("WEIGH", str(ROOT / "build/weigh"))
    cases = made_up(options.variations, truth) if options.variations else recorded(truth)
    cases = [c for c in cases if re.search(options.only, c.model_type)]
    if options.tap:
        return tap(cases, weigh)
    types, totals = collections.defaultdict(collections.Counter), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for case, (verdict, said) in zip(cases, pool.map(lambda c: judge(c, weigh), cases)):
            totals[verdict] += 1
            types[case.model_type][verdict] += 1
            if options.verbose and verdict != "ok":
                print(f"{label(case)}: {verdict}: {said}")
    if options.summary:
        for name, counts in sorted(types.items()):
            print(f"{name:32} " + ", ".join(f"{k} {v}" for k, v in counts.items()))
    print(", ".join(f"{v} {k}" for k, v in totals.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
