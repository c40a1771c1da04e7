"""The side-by-side table of published methods (tests/vectors/side_by_side.json), asked of the program: for the test that
holds it against what was published, and for the page that shows it."""
import decimal
import json
import pathlib
import subprocess

TABLE = pathlib.Path(__file__).resolve().parent.parent / "vectors/side_by_side.json"


class Asker:
    def __init__(self, weigh):
        self.weigh = weigh
        self.table = json.loads(TABLE.read_text("utf-8"))
        self.models = [dict(m, exact=self.exact(m)) for m in self.table["models"]]

    def run(self, *command, stdin=None):
        done = subprocess.run([self.weigh, *command, "--format", "json"], input=stdin, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise ValueError(f"weigh {' '.join(command)}: {done.stderr.strip()[:300]}")
        return json.loads(done.stdout)

    def exact(self, model):
        """Parameters, and the cache of one sequence in GiB, counted from the configuration."""
        config = json.dumps(model["config"])
        memory = self.run("memory", "-", "--context", str(model["context"]), "--sequences", "1", "--dtype", "bfloat16", stdin=config)
        cache = [c["bytes"] for c in memory["per_device"][0]["components"] if c["name"] == "kv_cache"]
        return {"parameters": self.run("params", "-", stdin=config)["total_parameters"], "cache": cache[0] / 2**30}

    def given(self, model, name):
        config, parameters = model["config"], model["exact"]["parameters"]
        known = {"params": parameters, "params_b": float(decimal.Decimal(parameters) / 10**9), "context": model["context"],
                 "heads": config["num_attention_heads"], "kv_heads": config["num_key_value_heads"]}
        return known[name] if name in known else config[name]

    def figure(self, row, model):
        if "exact" in row:
            return model["exact"][row["exact"]]
        asked, quantity = row["ask"].split(":")
        inputs = {name: self.given(model, of) for name, of in row["inputs"].items()}
        return self.run("method", *asked.split("."), "--input", json.dumps(inputs))[quantity]

    def off(self, row, model, figure):
        """By how many percent a figure is off, to one decimal; None where the table does not say."""
        exact = model["exact"].get(row.get("off"))
        return None if exact is None else f"{100 * (figure - exact) / exact:.1f}".replace("-0.0", "0.0")
