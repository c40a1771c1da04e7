#!/usr/bin/env python3
"""Writes data/catalogue/models.tsv: facts of published models' configurations, with recorded totals.

    WEIGH_TRUTH_DIR=DIR tools/make-catalogue.py [--weigh build/weigh] [--only REGEX]

With --only the lines of models whose names match are made anew, and the others stay as they are.

An entry holds the fields of a configuration that its family reads and that the class's default does not give anyway,
the total and the digest of the tensor list as the reference library built them (or an exact published total), and where
the configuration came from. Nothing in it is computed by weigh but the choice of fields.
"""
import argparse
import csv
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

EXTRA = pathlib.Path(__file__).resolve().parent / "catalogue-extra.tsv"
DATE = "2026-11-21"
KEEP = ("model_type", "architectures", "torch_dtype", "dtype")
LENGTHS = [r["key"] for r in csv.DictReader((line for line in open("data/engines/lengths.tsv", encoding="utf-8")
                                             if not line.startswith("#")), delimiter="\t")]
# Of a quantisation, what data/formats reads.
QUANTIZATION = """quant_method quant_algo bits group_size desc_act sym lm_head dynamic zero_point load_in_8bit load_in_4bit
    bnb_4bit_quant_type bnb_4bit_use_double_quant weight_block_size activation_scheme format""".split()
NAME_LISTS = "modules_to_not_convert ignored_layers llm_int8_skip_modules ignore exclude_modules".split()
WEIGHTS = "num_bits type strategy group_size symmetric actorder block_structure".split()
OUTER = re.compile(r"^((model|language_model|text_model|thinker|module)\.)+")


def rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def at(tree, key):
    for part in key.split("."):
        if not isinstance(tree, dict) or part not in tree:
            return None, False
        tree = tree[part]
    return tree, True


def put(tree, key, value):
    *path, last = key.split(".")
    for part in path:
        tree = tree.setdefault(part, {})
    tree[last] = value


def compact(config, fields):
    """The part of the configuration that answers need, dots in keys meaning nesting."""
    out = {}
    for name in (*KEEP, *LENGTHS):
        if name in config:
            out[name] = config[name]
    for prefix in sorted({f["key"].rsplit(".", 1)[0] for f in fields if "." in f["key"]}):
        for name in ("model_type", "torch_dtype", "dtype", *LENGTHS):
            value, there = at(config, f"{prefix}.{name}")
            if there:
                put(out, f"{prefix}.{name}", value)
    for f in fields:
        if f["origin"] in ("field", "alias"):
            value, there = at(config, f["key"])
            if there:
                put(out, f["key"], value)
    return out


def meant(patterns, modules):
    """The modules that plain names and globs mean: themselves and what is below."""
    bare = [OUTER.sub("", p) for p in patterns]
    plain = {p for p in bare if "*" not in p}
    globs = [re.escape(p).replace(r"\*", ".*") + r"(\.|$)" for p in bare if "*" in p]
    like = re.compile("|".join(globs)) if globs else None

    def is_meant(module):
        ends = [i for i, c in enumerate(module) if c == "."] + [len(module)]
        return any(module[:i] in plain for i in ends) if plain else False
    return {m for m in modules if is_meant(m) or like and like.match(m)}


def without_numbers(names, modules):
    """The same names with * for a layer's number, where that means the same modules and no others."""
    groups = {}
    for name in names:
        groups.setdefault(re.sub(r"(?<=\.)\d+(?=\.|\*|$)", "*", name), []).append(name)
    out = []
    for glob, members in groups.items():
        plain = not glob.startswith("re:") and len(members) > 1
        same = plain and meant([glob], modules) == meant(members, modules)
        out += [glob] if same else members
    kept = []
    for glob in out: # of names that mean no matrix of the model nothing is lost
        if glob.startswith("re:") or glob == "lm_head" or "." not in glob or meant([glob], modules):
            kept.append(glob)
    return kept


def compact_groups(groups, modules):
    out = {}
    for name, group in groups.items():
        weights = {k: v for k, v in (group.get("weights") or {}).items() if k in WEIGHTS and v is not None}
        out[name] = {"weights": weights} if weights else {}
        if group.get("targets"):
            out[name]["targets"] = without_numbers(group["targets"], modules)
        if group.get("format"):
            out[name]["format"] = group["format"]
        if isinstance(group.get("input_activations"), dict):
            out[name]["input_activations"] = {"dynamic": group["input_activations"].get("dynamic")}
    return out


def compact_quantization(q, weigh, path):
    done = subprocess.run([weigh, "tensors", path, "--mtp", "-f", "tsv"], capture_output=True, text=True)
    cells = [line.split("\t") for line in done.stdout.splitlines()[1:]]
    modules = {OUTER.sub("", re.sub(r"\.weight$", "", c[0])) for c in cells if "x" in c[1]}
    out = {k: q[k] for k in QUANTIZATION if q.get(k) is not None}
    for key in NAME_LISTS:
        if q.get(key):
            out[key] = without_numbers(list(dict.fromkeys(q[key])), modules)
    layers = {}
    for name, settings in (q.get("quantized_layers") or {}).items():
        layers.setdefault(json.dumps(settings), []).append(name)
    if layers:
        out["quantized_layers"] = {n: json.loads(s) for s, names in layers.items() for n in without_numbers(names, modules)}
    elif q.get("config_groups"):
        out["config_groups"] = compact_groups(q["config_groups"], modules)
    return out


def add_quantization(facts, config, weigh, path):
    for key in ("quantization_config", "text_config.quantization_config"):
        q, there = at(config, key)
        if there and isinstance(q, dict):
            put(facts, key, compact_quantization(q, weigh, path))


def ask(weigh, source, text=None):
    done = subprocess.run([weigh, "params", source, "-f", "json"], input=text, capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def with_label_count(weigh, facts, total):
    """A thousand labels say no more than their number, where the total agrees."""
    labels = facts.get("id2label")
    if not isinstance(labels, dict) or len(labels) <= 2:
        return facts
    out = {key: item for key, item in facts.items() if key != "id2label"} | {"num_labels": len(labels)}
    again = ask(weigh, "-", json.dumps(out))
    return out if again and again["total_parameters"] == total else facts


def fields_read(weigh, source, answer, text=None):
    """What the parameters read, and what caches, states and passes read beside it."""
    fields = list(answer["fields"])
    for engine in ("generic", "llama.cpp"):
        done = subprocess.run([weigh, "memory", source, "-e", engine, "-f", "json"], input=text, capture_output=True, text=True)
        if done.returncode == 0:
            fields += json.loads(done.stdout)["fields"]
    return fields


def list_digest(weigh, source):
    done = subprocess.run([weigh, "tensors", source, "-f", "tsv"], capture_output=True, text=True)
    cells = [line.split("\t") for line in done.stdout.splitlines()[1:]]
    lines = sorted(f"{c[0]}\t{c[1]}\t{c[6]}".encode() for c in cells)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def value(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def transcribed(base, published):
    """Models without a file: facts that others wrote down, and our own short list. (name, config, total, source)"""
    for r in rows(f"{base}/models/dims-facts.tsv"):
        config = {"model_type": r["model_type"]}
        for fact in r["architecture_facts"].split("; "):
            key, _, said = fact.partition("=")
            config[key] = value(said)
        said = re.search(r"exactly the published ([\d,]+)", r["note"])
        total = said[1].replace(",", "") if said else published.get(r["model"], {}).get("value", "")
        source = "facts: " + r["source"]
        if total:
            source += "; total: " + ("as published" if said else published[r["model"]]["source"])
        yield r["model"], config, total, source
    with open(EXTRA, encoding="utf-8", newline="") as f:
        lines = [line for line in f if not line.startswith("# ")]
    for r in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        yield r["name"], json.loads(r["config"]), r["total"], "facts: model card; total: " + r["source"]


def without_file(weigh, base, published, known, left, only):
    """Lines of the models without a file whose total is exactly what was published; the others are reported."""
    for name, config, total, source in transcribed(base, published):
        if name in known or not re.search(only, name):
            continue
        answer = ask(weigh, "-", json.dumps(config))
        if not total or not answer or not answer["complete"] or answer["total_parameters"] != int(total):
            found = answer["total_parameters"] if answer else "no answer"
            left.append(f"{name} (no file): {found} here, {total or 'nothing'} published")
            continue
        text = json.dumps(compact(config, fields_read(weigh, "-", answer, json.dumps(config))), separators=(",", ":"), ensure_ascii=True)
        again = ask(weigh, "-", text)
        if not again or again["total_parameters"] != answer["total_parameters"]:
            left.append(f"{name} (no file): the compact form gives another total")
            continue
        known.add(name)
        yield "\t".join([name, answer["model_type"] or answer["family"], total, "", source.replace("\t", " "), DATE, text])


def kept(path, only):
    """The lines of the models that are not asked for."""
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()[2:]
    return [line for line in lines if not re.search(only, line.split("\t")[0])]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weigh", default="build/weigh")
    parser.add_argument("--out", default="data/catalogue/models.tsv")
    parser.add_argument("--only", default="", metavar="REGEX", help="models' names")
    args = parser.parse_args()
    base = os.environ.get("WEIGH_TRUTH_DIR") or sys.exit("WEIGH_TRUTH_DIR is not set")
    truth = {r["model"]: r for r in rows(f"{base}/truth/params.tsv")}
    published = {r["model"]: r for r in rows(f"{base}/models/published-totals.tsv")
                 if r["quantity"] == "total_params" and r["exactness"] == "exact"}
    lines, left = [], []
    for r in sorted(rows(f"{base}/models/SOURCES.tsv"), key=lambda r: r["org/model"]):
        name = r["org/model"]
        if not re.search(args.only, name):
            continue
        path = f"{base}/models/{name}/config.json"
        answer = ask(args.weigh, path)
        if not answer or any(w["code"] in ("model_generic", "model_untyped") for w in answer["warnings"]):
            left.append(f"{name}: no family")
            continue
        with open(path, encoding="utf-8") as f:
            config = json.load(f)
        facts = compact(config, fields_read(args.weigh, path, answer))
        add_quantization(facts, config, args.weigh, path)
        facts = with_label_count(args.weigh, facts, answer["total_parameters"])
        text = json.dumps(facts, separators=(",", ":"), ensure_ascii=True)
        again = ask(args.weigh, "-", text)
        if not again or again["total_parameters"] != answer["total_parameters"]:
            left.append(f"{name}: the compact form gives another total")
            continue
        total, digest = "", ""
        if truth.get(name, {}).get("total"):
            total, digest = truth[name]["total"], truth[name]["sha256"]
            source = f"config: github {r['source_repo']} {r['path']} @{r['commit'][:10]}; total: {truth[name]['library']} {truth[name]['class']}"
        else:
            source = f"config: github {r['source_repo']} {r['path']} @{r['commit'][:10]}"
            if name in published:
                total = published[name]["value"]
                source += "; total: " + published[name]["source"]
        if answer["complete"] and total and int(total) != answer["total_parameters"]:
            left.append(f"{name}: {answer['total_parameters']} here, {total} recorded")
            if digest:
                continue
            total = ""
        if not answer["complete"]:
            digest = ""
        elif digest and list_digest(args.weigh, path) != digest:
            left.append(f"{name}: the names differ from the recorded ones")
            digest = ""
        lines.append("\t".join([name, answer["model_type"] or answer["family"], total, digest,
                                source.replace("\t", " "), DATE, text]))
    lines += without_file(args.weigh, base, published, {line.split("\t")[0] for line in lines}, left, args.only)
    lines += kept(args.out, args.only)
    lines.sort(key=lambda line: line.split("\t")[0])
    with open(args.out, "w", encoding="utf-8") as f:
        f.write("# Published models: facts of their configurations. Written by tools/make-catalogue.py; see README.md.\n")
        f.write("name\tmodel_type\ttotal_parameters\tdigest\tsource\tdate\tconfig\n")
        f.write("\n".join(lines) + "\n")
    print(f"{len(lines)} entries; left out or without a total:", *left, sep="\n  ")


main()
