#!/usr/bin/env python3
"""What data/design says of published practice is what the configurations of the models it names say."""
import fractions
import json
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"


def table(path):
    lines = [line.rstrip("\n") for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    head = lines[0].split("\t")
    return [dict(zip(head, line.split("\t"))) for line in lines[1:]]


CONFIGS = {row["name"]: json.loads(row["config"]) for row in table(DATA / "catalogue/models.tsv")}
RULES = {row["name"]: fractions.Fraction(row["value"]) for row in table(DATA / "design/rules.tsv")}


def head_dim(c):
    return c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]


def rounded(ratio, width):
    multiple = int(RULES["ffn_multiple"])
    return -(-fractions.Fraction(ratio) * width // multiple) * multiple


def shape_faults(row):
    names = row["models"].split("|")
    models = [CONFIGS[name] for name in names if name in CONFIGS]
    if len(models) != len(names):
        yield f"not in the catalogue: {set(names) - set(CONFIGS)}"
        return
    for name, c in zip(names, models):
        if not int(row["from"]) <= c["hidden_size"] < int(row["below"]):
            yield f"{name} is no model of such a width"
    aspects = [fractions.Fraction(c["hidden_size"], c["num_hidden_layers"]) for c in models]
    if max(aspects) != fractions.Fraction(row["widest"]) or min(aspects) != fractions.Fraction(row["deepest"]):
        yield f"widest {max(aspects)}, deepest {min(aspects)}"
    heads = {c["num_key_value_heads"] for c in models}
    for column in ("kv_heads", "fewest_kv_heads"):
        if int(row[column]) not in heads:
            yield f"{column} {row[column]} is of none: {sorted(heads)}"
    if int(row["head_dim"]) not in {head_dim(c) for c in models}:
        yield f"head_dim {row['head_dim']} is of none"
    if row["tied"] not in {str(bool(c.get("tie_word_embeddings", False))).lower() for c in models}:
        yield f"tied {row['tied']} is of none"
    for ratio in row["ffn"].split():
        within = [rounded(ratio, c["hidden_size"]) - c["intermediate_size"] for c in models]
        if min(within) > 0 or max(within) < 0:
            yield f"a feed-forward of {ratio} lies outside what is published"


def family_faults(row):
    name = row["source"].split(": ")[1]
    c, own = CONFIGS[name], json.loads(row["config"])
    if c["vocab_size"] != int(row["vocab_size"]):
        yield f"{name} has a vocabulary of {c['vocab_size']}"
    if own["model_type"] != row["family"]:
        yield f"{own['model_type']} is another family"
    if row["head_dim"] and c["head_dim"] != int(row["head_dim"]):
        yield f"{name} has a head_dim of {c['head_dim']}"


points = [(f"widths from {row['from']}", list(shape_faults(row))) for row in table(DATA / "design/shapes.tsv")]
points += [(f"family {row['family']}", list(family_faults(row))) for row in table(DATA / "design/families.tsv")]
print(f"1..{len(points)}")
for number, (name, faults) in enumerate(points, 1):
    print(f"{'not ' if faults else ''}ok {number} - {name}")
    for fault in faults:
        print(f"# {fault}")
