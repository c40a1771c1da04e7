#!/usr/bin/env python3
"""Compares the tensors that `weigh tensors` lists with those that reference libraries build.

    tests/truth/truth.py --only '^qwen3$' -v          one model type, saying what differs
    tests/truth/truth.py --only Qwen/Qwen3-8B -v      one model
    tests/truth/truth.py --summary                    one line a model type
    tests/truth/truth.py --write-todo                 take all that fails now into todo.tsv

Needs WEIGH_TRUTH_DIR (its truth/README.md explains the lists) and a built command: $WEIGH, else build/weigh.
A case is a published configuration (`params MODEL`) or a made-up one (`variations TYPE.N`). Names, shapes and kinds
(param, buffer, tied:NAME) must be the same. Where a variation's note says that tying deviates from the configuration,
rows tied on one side only are left out.
"""
import argparse
import collections
import hashlib
import itertools
import json
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TIMEOUT = 60  # seconds for one run of the command
# Names of parts that are no text; a model that weigh calls incomplete may lack rows below such a name.
TOWER = re.compile(r"vision|visual|vit\b|image|audio|speech|video|multi_?modal|mm_|projector|merger|resampler|connector|"
                   r"aligner|abstractor|perceiver|q_?former|sam_|vq_?model|talker|token2wav|code2wav|codec|vocoder")

Case = collections.namedtuple("Case", "kind label model_type config list note")
Result = collections.namedtuple("Result", "case ok error missing extra differs aside")


# ---- the lists ----

def table(path):
    lines = path.read_text("utf-8").splitlines()
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[1:]]


def cases(truth, wanted):
    found = []
    if wanted in ("params", "all"):
        for row in table(truth / "truth/params.tsv"):
            if not row["note"].startswith("skipped"):
                found.append(Case("params", row["model"], row["model_type"],
                                  truth / "models" / row["model"] / "config.json",
                                  truth / "truth/params" / (row["model"].replace("/", "__") + ".tsv"), row["note"]))
    if wanted in ("variations", "all"):
        for row in table(truth / "truth/variations.tsv"):
            if not row["note"].startswith("skipped"):
                name = f"{row['model_type']}.{row['i']}"
                folder = truth / "truth/variations"
                found.append(Case("variations", name, row["model_type"], folder / f"{name}.json",
                                  folder / f"{name}.tsv", row["note"]))
    return found


def numbers(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from map(str, range(int(first), int(last or first) + 1))


def expand(name):
    parts = re.split(r"\{([0-9,-]+)\}", name)
    if len(parts) == 1:
        return parts
    parts[1::2] = [list(numbers(p)) for p in parts[1::2]]
    parts[0::2] = [[p] for p in parts[0::2]]
    return map("".join, itertools.product(*parts))


def read_list(path):
    """The header and the rows, still with their sets."""
    header, rows = {}, []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# "):
            key, _, value = line[2:].partition(": ")
            header[key] = value
        elif line:
            rows.append(line.split("\t"))
    return header, rows


def expanded(rows):
    return {name: (shape, kind) for names, shape, _, kind in rows for name in expand(names)}


def digest(rows):
    """The digest of truth/README.md, over lines name, shape, kind."""
    lines = sorted(f"{name}\t{shape}\t{kind}".encode() for name, (shape, kind) in rows.items())
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


# ---- the command ----

class Refused(Exception):
    pass


def ask(weigh, *arguments):
    try:
        done = subprocess.run([weigh, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Refused(f"no answer within {TIMEOUT} s") from None
    if done.returncode != 0:
        said = (done.stderr.decode("utf-8", "replace").strip() or "nothing on stderr").splitlines()
        raise Refused(f"exit status {done.returncode}: " + " / ".join(s.strip() for s in said[:4]))
    return done.stdout.decode("utf-8")


def weighed(weigh, config):
    lines = [l for l in ask(weigh, "tensors", config, "--format", "tsv").split("\n") if l and not l.startswith("# ")]
    names = lines[0].lstrip("#").split("\t") if lines else []
    try:
        name, shape, kind = (names.index(n) for n in ("name", "shape", "kind"))
    except ValueError:
        raise Refused(f"the header is {names}, without name, shape or kind") from None
    rows = {}
    for line in lines[1:]:
        column = line.split("\t")
        if len(column) != len(names):
            raise Refused(f"a row with {len(column)} columns instead of {len(names)}: {line[:100]}")
        if column[name] in rows:
            raise Refused(f"{column[name]} is listed twice")
        rows[column[name]] = (column[shape], column[kind])
    return rows


def is_complete(weigh, config):
    answer = json.loads(ask(weigh, "params", config, "--format", "json"))
    found = [answer] if isinstance(answer, dict) else []
    while found:
        node = found.pop()
        if "complete" in node:
            return node["complete"] is not False
        found.extend(v for v in node.values() if isinstance(v, dict))
    return True


# ---- the comparison ----

def without_towers(truth, ours):
    """Leaves out of `truth` the rows below a non-text name under which `ours` has no row."""
    ours_prefixes = {name.rsplit(".", n)[0] for name in ours for n in range(1, name.count(".") + 1)}

    def in_tower(name):
        part = name.split(".")
        return any(TOWER.search(part[n]) and ".".join(part[: n + 1]) not in ours_prefixes
                   for n in range(min(3, len(part))))
    return {name: row for name, row in truth.items() if not in_tower(name)}


def without_deviating_ties(truth, ours):
    one_sided = {name for name in truth.keys() & ours.keys()
                 if truth[name][1].startswith("tied:") != ours[name][1].startswith("tied:")}
    return ({n: r for n, r in truth.items() if n not in one_sided},
            {n: r for n, r in ours.items() if n not in one_sided})


def judge(job):
    case, weigh, text_only = job
    failed = lambda error: Result(case, False, error, {}, {}, {}, 0)
    try:
        header, rows = read_list(case.list)
        ours = weighed(weigh, case.config)
        if digest(ours) == header.get("sha256"):
            return Result(case, True, "", {}, {}, {}, 0)
        truth = expanded(rows)
        if "head" in case.note and "tied" in case.note:
            truth, ours = without_deviating_ties(truth, ours)
        aside = 0
        if text_only and ours and truth != ours and not is_complete(weigh, case.config):
            aside = len(truth)
            truth = without_towers(truth, ours)
            aside -= len(truth)
    except Refused as error:
        return failed(str(error))
    except (OSError, ValueError) as error:
        return failed(f"{type(error).__name__}: {error}")
    missing = {n: r for n, r in truth.items() if n not in ours}
    extra = {n: r for n, r in ours.items() if n not in truth}
    differs = {n: (r, ours[n]) for n, r in truth.items() if n in ours and ours[n] != r}
    return Result(case, bool(ours) and not (missing or extra or differs), "", missing, extra, differs, aside)


# ---- the reports ----

def in_words(result):
    if result.ok:
        return f"text part only, {result.aside} rows of other parts left out" if result.aside else ""
    if result.error:
        return result.error
    counts = [f"{len(rows)} {word}" for word, rows in (("missing", result.missing), ("extra", result.extra),
                                                       ("different", result.differs)) if rows]
    return ", ".join(counts) or "no rows"


def details(result, limit):
    """Rows that differ, those alike but for their numbers together: `model.layers.*.x  4096 param  (32 rows)`."""
    show = lambda row: f"{row[0]} {row[1]}"
    texts = (("missing", {n: show(r) for n, r in result.missing.items()}),
             ("extra", {n: show(r) for n, r in result.extra.items()}),
             ("differs", {n: f"{show(truth)}, weigh says {show(ours)}" for n, (truth, ours) in result.differs.items()}))
    lines = []
    for word, rows in texts:
        groups = collections.OrderedDict()
        for name, text in rows.items():
            star = lambda s: re.sub(r"(?<=\.)\d+(?=\.)", "*", s)
            groups.setdefault((star(name), star(text)), []).append(name)
        for (name, text), names in itertools.islice(groups.items(), limit):
            many = f"  ({len(names)} rows, first {names[0]})" if len(names) > 1 else ""
            lines.append(f"    {word:8} {names[0] if len(names) == 1 else name}  {text}{many}")
        if len(groups) > limit:
            lines.append(f"    {word:8} … and {len(groups) - limit} more groups of rows")
    return lines


def read_todo(path):
    """Cases known to fail: `KIND LABEL` → reason."""
    if not path.is_file():
        return {}
    lines = [l for l in path.read_text("utf-8").splitlines() if l and not l.startswith("#")][1:]
    return {tuple(l.split("\t")[:2]): l.split("\t")[2] for l in lines}


def short_reason(r):
    """In a few words and without paths: the file is committed."""
    words = in_words(r)
    if words.startswith("exit status"):
        return "the type is not described" if "not described" in words or "generic" in words else "refused"
    return words[:160].replace("\t", " ").replace("#", "")


def write_todo(path, results):
    """Replaces the lines of the cases that were run; the others, and reasons once given, are kept."""
    old = read_todo(path)
    lines = {key: reason for key, reason in old.items()
             if key not in {(r.case.kind, r.case.label) for r in results}}
    for r in results:
        if not r.ok:
            key = (r.case.kind, r.case.label)
            lines[key] = old.get(key) or short_reason(r)
    with open(path, "w", encoding="utf-8") as out:
        out.write("# Cases of the truth folder that are known to fail. Written by truth.py --write-todo; a reason may be\n"
                  "# edited and is kept. A case that passes is reported as such and its line should go.\n")
        out.write("kind\tlabel\treason\n")
        for (kind, label), reason in sorted(lines.items()):
            out.write(f"{kind}\t{label}\t{reason}\n")


def print_tap(count, results, todo):
    print(f"1..{count}", flush=True)
    for number, r in enumerate(results, 1):
        known = todo.get((r.case.kind, r.case.label))
        words = f" ({in_words(r)})" if r.ok and r.aside else ""
        directive = f" # TODO {known}" if known is not None else ""
        print(f"{'ok' if r.ok else 'not ok'} {number} - {r.case.kind} {r.case.label}{words}{directive}", flush=True)
        if not r.ok and known is None:
            print("\n".join("# " + line for line in [in_words(r)] + details(r, 3)), flush=True)


def print_summary(results):
    types = collections.OrderedDict()
    for r in sorted(results, key=lambda r: r.case.model_type):
        types.setdefault(r.case.model_type, []).append(r)
    for name, group in types.items():
        parts = []
        for kind in ("params", "variations"):
            of = [r for r in group if r.case.kind == kind]
            if of:
                text = sum(r.ok and r.aside > 0 for r in of)
                parts.append(f"{kind} {sum(r.ok for r in of)}/{len(of)}" + (f" ({text} text only)" if text else ""))
        first = next((f"  {in_words(r)}" for r in group if not r.ok), "")
        print(f"{'ok  ' if all(r.ok for r in group) else 'FAIL'} {name:32} {'  '.join(parts):36}{first[:120]}".rstrip())


def print_cases(results, limit, quiet):
    """Prints as results come; gives them back as a list."""
    done = []
    for r in results:
        done.append(r)
        if r.ok and quiet:
            continue
        words = in_words(r)
        print(f"{'ok  ' if r.ok else 'FAIL'} {r.case.kind} {r.case.label} ({r.case.model_type})" +
              (f": {words}" if words else ""), flush=True)
        if limit and not r.ok:
            if r.case.note:
                print(f"    note     {r.case.note}")
            print("\n".join(details(r, limit)), flush=True)
    return done


def options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--only", metavar="REGEX", help="cases whose model type or model matches")
    p.add_argument("--kind", choices=("params", "variations", "all"), default="all")
    p.add_argument("-v", "--verbose", nargs="?", type=int, const=10, default=0, metavar="N",
                   help="say which rows differ, the first N (10) groups of each sort")
    p.add_argument("--text-only", action="store_true",
                   help="where weigh calls a model incomplete, compare without the parts it does not describe")
    p.add_argument("--summary", action="store_true", help="one line a model type")
    p.add_argument("--failures", action="store_true", help="say nothing about cases that are fine")
    p.add_argument("--tap", action="store_true", help="as prove wants it; cases of todo.tsv are TODO points")
    p.add_argument("--todo", type=pathlib.Path, default=HERE / "todo.tsv", metavar="FILE")
    p.add_argument("--write-todo", action="store_true", help="write what fails now to the todo file")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--weigh", default=os.environ.get("WEIGH") or str(ROOT / "build/weigh"))
    return p.parse_args()


def main():
    o = options()
    folder = os.environ.get("WEIGH_TRUTH_DIR")
    if not folder:
        sys.exit("truth: WEIGH_TRUTH_DIR is not set; it names the folder that holds truth/ and models/")
    if not os.access(o.weigh, os.X_OK):
        sys.exit(f"truth: {o.weigh} is not there; run make, or name the command with --weigh")
    chosen = cases(pathlib.Path(folder).resolve(), o.kind)
    if o.only:
        only = re.compile(o.only)
        chosen = [c for c in chosen if only.search(c.model_type) or only.search(c.label)]
    if not chosen:
        sys.exit("truth: no case matches")
    with multiprocessing.Pool(o.jobs) as pool:
        results = pool.imap(judge, [(c, o.weigh, o.text_only) for c in chosen], chunksize=4)
        if o.tap:
            print_tap(len(chosen), results, read_todo(o.todo))
            return 0
        if o.summary:
            done = list(results)
            print_summary(done)
        else:
            done = print_cases(results, o.verbose, o.failures)
    if o.write_todo:
        write_todo(o.todo, done)
    fine = sum(r.ok for r in done)
    print(f"{fine} of {len(done)} cases are as the reference has them" +
          (f", {sum(r.aside > 0 for r in done if r.ok)} of them in their text part only" if o.text_only else ""))
    return 0 if fine == len(done) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(130)
