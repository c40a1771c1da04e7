#!/usr/bin/env python3
"""The registry with several processes, and with files that are not what they should be.

WEIGH_KILL_ROUNDS (12) rounds of kill -9 during writes; 100 before a release."""
import contextlib
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

WEIGH = str(pathlib.Path(os.environ.get("WEIGH", "build/weigh")).resolve())
SLOW = 8 if "asan" in os.environ.get("WEIGH_BUILD", "") else 1
ROUNDS = int(os.environ.get("WEIGH_KILL_ROUNDS", "12"))
SCRATCH = pathlib.Path(tempfile.mkdtemp())
os.environ.pop("WEIGH_REGISTRY", None)
os.environ["XDG_DATA_HOME"] = str(SCRATCH / "data")
count = failed = 0


def point(good, name, said=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    if not good and said:
        print("# " + str(said).replace("\n", "\n# "))


def weigh(*words, **more):
    return subprocess.run([WEIGH, *map(str, words)], capture_output=True, text=True, **more)


def ask(file, *words, **more):
    return weigh("registry", *words, "--registry", file, **more)


def config(i):
    return json.dumps({"model_type": "llama", "hidden_size": 64 + i, "num_hidden_layers": 2, "vocab_size": 100,
                       "num_attention_heads": 1, "intermediate_size": 128, "note": "x" * random.randrange(4000)})


def line(name, i):
    return json.dumps({"model_id": name, "config_json": config(i)}) + "\n"


def digest(file):
    return hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()


def sound(file):
    done = ask(file, "verify", "-f", "json")
    return done.returncode == 0 and not json.loads(done.stdout)["faults"], done.stdout + done.stderr


def names(file):
    done = ask(file, "export")
    return {json.loads(l)["model_id"] for l in done.stdout.splitlines()}


# ---- the usual place ----
made = weigh("registry", "list")
point(made.returncode == 0 and not (SCRATCH / "data").exists(), "looking at a registry makes none", made.stderr)
tree = SCRATCH / "datasets"
for org, model in (("org", "one"), ("org", "two"), ("other", "one")):
    (tree / org / model).mkdir(parents=True)
    (tree / org / model / "config.json").write_text(config(1))
(tree / "org/bad").mkdir()
(tree / "org/bad/config.json").write_text("{")
made = weigh("registry", "add", tree, "-f", "json")
said = json.loads(made.stdout or "{}")
point(made.returncode == 3 and said["added"] == 3 and [f["code"] for f in said["faults"]] == ["json_syntax"],
      "a folder is taken in by its models' names, what is broken is told", made.stdout + made.stderr)
usual = SCRATCH / "data/weigh/registry.sqlite"
point(usual.exists() and names(usual) == {"org/one", "org/two", "other/one"}, "it is kept in the XDG data folder")
asked = weigh("params", "org/two", "-f", "json")
found = json.loads(asked.stdout or "{}")
point(asked.returncode == 0 and found["resolution"][0]["step"] == "registry" and found["resolution"][0]["found"],
      "a model is found there by its name", asked.stdout + asked.stderr)
asked = weigh("params", "org/two", "--registry", "")
point(asked.returncode == 2, "and not when the registry is left out", asked.stdout)
with contextlib.closing(sqlite3.connect(usual)) as db:
    rows = db.execute("SELECT model_id, model_type, config_json, updated_at FROM configs ORDER BY 1").fetchall()
point([r[0] for r in rows] == ["org/one", "org/two", "other/one"] and rows[0][1] == "llama",
      "any SQLite reads the table configs")

# ---- kill -9 ----
file = SCRATCH / "killed.sqlite"
committed, lost = set(), []
for round_ in range(ROUNDS):
    one = subprocess.Popen(["sh", "-c", 'while read -r name; do printf \'{"model_id": "%s", "config_json": %s}\\n\' '
                            f'"$name" "$(cat {tree}/org/one/config.json)" | "$0" registry import - --registry "$1" '
                            '>/dev/null && echo "$name"; done', WEIGH, str(file)],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    one.stdin.write("".join(f"k/{round_}-{i}\n" for i in range(60)))
    one.stdin.flush()
    time.sleep(random.uniform(0.01, 0.25) * SLOW)
    os.killpg(one.pid, signal.SIGKILL)
    said, _ = one.communicate()
    committed |= set(said.split())
    if round_ % 4 == 0 or round_ == ROUNDS - 1:
        lost += committed - names(file)
good, said = sound(file)
point(not lost and good, f"{ROUNDS} times kill -9 lose nothing of {len(committed)} that were committed", f"{lost} {said}")

# ---- eight writers ----
file = SCRATCH / "shared.sqlite"
writers = []
for w in range(8):
    text = "".join(line(f"w{w}/{i}", i) for i in range(10))
    script = 'while read -r l; do printf "%s\\n" "$l" | "$0" registry import - --registry "$1" >/dev/null || exit 1; done'
    one = subprocess.Popen(["sh", "-c", script, WEIGH, str(file)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    one.stdin.write(text)
    one.stdin.close()
    one.stdin = None
    writers.append(one)
began = time.time()
said = [w.communicate()[1] for w in writers]
point(all(w.returncode == 0 for w in writers), f"eight writers at once all get through ({time.time() - began:.1f} s)", said)
good, said = sound(file)
point(good and len(names(file)) == 80, "and all that they wrote is there", said)

# ---- what is no registry ----
keeper = SCRATCH / "good.sqlite"
ask(keeper, "import", "-", input="".join(line(f"g/{i}", i) for i in range(200)))
whole = keeper.read_bytes()


def refuse(name, make, *codes):
    """Every way to use the file is refused, and it stays as it is."""
    file = SCRATCH / "strange.sqlite"
    for old in SCRATCH.glob("strange.sqlite*"):
        old.unlink()
    make(file)
    before, faults = digest(file), []
    for words in (("add", tree / "org/one"), ("list",), ("show", "g/1"), ("verify",), ("remove", "g/1")):
        done = ask(file, *words, "-f", "json")
        if words[0] in ("add", "remove", "verify") and (done.returncode == 0 or not any(c in done.stderr for c in codes)):
            faults.append(f"{words[0]}: {done.returncode} {done.stderr or done.stdout[:300]}")
        if done.returncode not in (0, 1, 2, 3, 4):
            faults.append(f"{words[0]} ended with {done.returncode}")
    asked = weigh("params", "Qwen/Qwen3-8B", "--registry", file)
    if asked.returncode != 0:
        faults.append(f"params: {asked.returncode} {asked.stderr}")
    if digest(file) != before:
        faults.append("the file was changed")
    point(not faults, f"refused and left as it is: {name}", "\n".join(faults))


def database(file, sql):
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.executescript(sql)
        db.commit()


def edited(at, new):
    return lambda file: file.write_bytes(whole[:at] + new + whole[at + len(new):])


refuse("a text file", lambda f: f.write_text("model,params\n" * 50), "registry_no_database")
refuse("a short file", lambda f: f.write_bytes(b"SQLite format 3\0"), "registry_no_database")
refuse("another program's database", lambda f: database(f, "CREATE TABLE configs (model_id TEXT)"), "registry_foreign")
refuse("a later version's", lambda f: (f.write_bytes(whole), database(f, "PRAGMA user_version = 99")), "registry_newer")
refuse("a file cut in half", lambda f: f.write_bytes(whole[:len(whole) // 2]), "registry_corrupt")
refuse("a damaged first page", edited(100, b"\xff" * 300), "registry_corrupt")
refuse("a page of nothing", edited(8192, b"\0" * 4096), "registry_corrupt")
random.seed(7)
refuse("pages of noise", edited(12288, random.randbytes(40960)), "registry_corrupt")

# ---- one configuration that is not what was stored ----
rotten = SCRATCH / "rotten.sqlite"
rotten.write_bytes(whole)
database(rotten, "UPDATE configs SET config_json = replace(config_json, '\"vocab_size\": 100', '\"vocab_size\": 101') "
                 "WHERE model_id = 'g/7'")
done = ask(rotten, "verify", "-f", "json")
point(done.returncode == 3 and [f["what"] for f in json.loads(done.stdout)["faults"]] == ["g/7"],
      "verify finds the one whose digest differs", done.stdout + done.stderr)
asked = weigh("params", "g/7", "--registry", rotten)
point(asked.returncode == 2 and "SHA-256" in asked.stderr,
      "and nobody is answered from it", asked.stdout + asked.stderr)

# ---- an earlier version ----
first = SCRATCH / "first.sqlite"
first.write_bytes(whole)
database(first, "DROP INDEX configs_any_case; DROP INDEX configs_last_part; PRAGMA user_version = 1;")
point(ask(first, "show", "g/3").returncode == 0, "a file of the first version is read")
done = ask(first, "add", tree / "org/one")
with contextlib.closing(sqlite3.connect(first)) as db:
    now = db.execute("PRAGMA user_version").fetchone()[0], len(db.execute("PRAGMA index_list(configs)").fetchall())
point(done.returncode == 0 and now == (2, 3) and sound(first)[0], "and brought to this one by the first that writes", now)

# ---- quick enough ----
many = SCRATCH / "many"
for i in range(1000):
    (many / f"org{i % 40}/model{i}").mkdir(parents=True)
    (many / f"org{i % 40}/model{i}/config.json").write_text(config(i))
began = time.time()
done = ask(SCRATCH / "many.sqlite", "import", many, "-f", "json")
took = time.time() - began
point(done.returncode == 0 and json.loads(done.stdout)["added"] == 1000 and took <= 2 * SLOW,
      f"1,000 configurations are imported in {took:.2f} s", done.stdout + done.stderr)

# ---- where nothing can be written ----
def limited(bytes_most):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_most, bytes_most))


full = SCRATCH / "full.sqlite"
ask(full, "import", "-", input=line("kept/one", 1))
large = SCRATCH / "large.json"
large.write_text(json.dumps({**json.loads(config(1)), "note": "x" * 300000}))
faults, before = [], digest(full)
for most in (0, 4096, 20000, 60000, 100000):
    done = ask(full, "add", large, "--id", "large/one", preexec_fn=limited(most))
    if done.returncode != 4 or "cannot be used" not in done.stderr or digest(full) != before or names(full) != {"kept/one"}:
        faults.append(f"{most}: {done.returncode} {done.stderr}")
point(not faults, "a disk without room is told, and what was there stays", "\n".join(faults))
point(ask(full, "add", large, "--id", "large/one").returncode == 0 and names(full) == {"kept/one", "large/one"}, "with room it goes on")
# Root may write anywhere, so it becomes nobody, who cannot reach the command where the tree lies below /root: a copy is run.
nobody = {"preexec_fn": lambda: os.setuid(65534), "executable": shutil.copy(WEIGH, SCRATCH)} if os.getuid() == 0 else {}
for what in ("file", "folder"):
    closed = SCRATCH / f"closed {what} ?#%"
    closed.mkdir()
    SCRATCH.chmod(0o755)
    file = closed / "r.sqlite"
    ask(file, "import", "-", input=line("kept/one", 1))
    before = digest(file)
    file.chmod(0o444)
    closed.chmod(0o777 if what == "file" else 0o555)
    read = weigh("params", "kept/one", "-f", "json", "--registry", file, **nobody)
    point(read.returncode == 0 and json.loads(read.stdout)["model"] == "kept/one", f"one in a read-only {what} is read", read.stderr)
    point(ask(file, "verify", **nobody).returncode == 0, "and looked through")
    done = ask(file, "add", large, "--id", "large/one", **nobody)
    point(done.returncode == 4 and "cannot be used" in done.stderr and digest(file) == before, "and writing to it is refused", done.stderr)
    new = ask(closed / "new.sqlite", "add", large, "--id", "large/one", **nobody)
    point((new.returncode == 4) == (what == "folder"), f"a new one beside it is {'made' if what == 'file' else 'refused'}", new.stderr)
    closed.chmod(0o755)

# ---- a link on the way to it, as to /var/lib/private under systemd's DynamicUser ----
(SCRATCH / "really").mkdir()
(SCRATCH / "linked").symlink_to(SCRATCH / "really")
through = SCRATCH / "linked" / "registry.sqlite"
sent = subprocess.run([WEIGH, "registry", "import", "-", "--registry", through], input=line("kept/one", 1), capture_output=True, text=True)
shown = ask(through, "show", "kept/one")
point(sent.returncode == 0 and shown.returncode == 0, "a registry behind a symbolic link is read", sent.stderr + shown.stderr)

shutil.rmtree(SCRATCH, ignore_errors=True)
print(f"1..{count}")
sys.exit(failed > 0)
