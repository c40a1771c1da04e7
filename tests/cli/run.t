#!/usr/bin/env python3
"""The command as its users meet it: tests/cli/*.cases, each case a command line and what must come of it.

Cases run in a scratch folder of their own that holds copies of tests/configs. A case is

=== name-of-the-point
file NAME           a file of that content: the lines that follow and begin with "| "
$ COMMAND           run by sh, `weigh` is the command under test; further such lines go on
exit N              the exit status (0 when not given)
> TEXT              standard output is exactly these lines; a lone ">" is an empty line, ">nothing" no output at all
>~ TEXT             standard output contains the text (\\e is the escape character)
>! TEXT             standard output does not contain it
>. a.0.b = JSON     standard output is JSON, and this is its member; "a.# = 3" is a count; `= absent`: there is none
! TEXT, !~, !!, !.  the same for standard error; without any, nothing may stand there

    tests/cli/run.t [NAME...]          only these cases
    ACCEPT=1 tests/cli/run.t [NAME...] writes what came out into the exact lines and exit statuses
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WEIGH = pathlib.Path(os.environ.get("WEIGH", "build/weigh")).resolve()


class Case:
    def __init__(self, name):
        self.name, self.command, self.files, self.status, self.todo = name, [], {}, 0, ""
        self.rules = []  # (stream, kind, text)

    def exact(self, stream):
        return [t for s, kind, t in self.rules if s == stream and kind in " n"]

    def faults(self, run):
        if run.returncode != self.status:
            yield f"ended with {run.returncode} instead of {self.status}"
        for stream, text in ((">", run.stdout), ("!", run.stderr)):
            kinds = [k for s, k, _ in self.rules if s == stream]
            if " " in kinds or "n" in kinds or (not kinds and (stream == "!" or self.status in (1, 2, 4))):
                wanted = "".join(line + "\n" for line in self.exact(stream) if line is not None)
                if text != wanted:
                    yield f"{'output' if stream == '>' else 'errors'} differ:\nwanted:\n{wanted}found:\n{text}"
        for stream, kind, rule in self.rules:
            text = run.stdout if stream == ">" else run.stderr
            if kind == "~" and rule not in text or kind == "!" and rule in text:
                yield f"{'no' if kind == '~' else 'there is'} {rule!r} in:\n{text}"
            if kind == ".":
                yield from self.member(text, rule)

    @staticmethod
    def member(text, rule):
        path, _, wanted = rule.partition(" = ")
        try:
            value = json.loads(text)
        except ValueError as error:
            yield f"not JSON: {error}\n{text}"
            return
        try:
            for key in path.strip().split("."):
                value = len(value) if key == "#" else value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, ValueError, TypeError):
            if wanted != "absent":
                yield f"there is no {path}"
            return
        if wanted == "absent" or value != json.loads(wanted):
            yield f"{path} is {json.dumps(value, ensure_ascii=False)}, not {wanted}"


def read(path):
    case, file = None, None
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("=== "):
            case = Case(line[4:].strip())
            yield case
        elif line.startswith("file "):
            file = line[5:].strip()
            case.files[file] = ""
        elif line.startswith("|"):
            case.files[file] += line[2:] + "\n"
        elif line.startswith("$ "):
            case.command.append(line[2:])
        elif line.startswith("exit "):
            case.status = int(line[5:])
        elif line.startswith("todo "):
            case.todo = line[5:]
        elif line in (">nothing", "!nothing"):
            case.rules.append((line[0], "n", None))
        elif line[:1] in (">", "!"):
            kind = line[1:2] if line[1:2] in "~!." and line[1:2] else " "
            text = line[2 if kind == " " else 3:]
            case.rules.append((line[0], kind, text.replace("\\e", "\x1b") if kind in "~!" else text))
        elif line and not line.startswith("#"):
            sys.exit(f"{path}: what is this line? {line}")


def run(case):
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / "bin").mkdir()
        (folder / "bin/weigh").symlink_to(WEIGH)
        work = folder / "work"
        shutil.copytree(HERE.parent / "configs", work)
        for name, text in case.files.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text, "utf-8")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("WEIGH_DATA", "LC_", "LANG", "NO_COLOR"))}
        environment.update(PATH=f"{folder / 'bin'}:{environment['PATH']}", HOME=str(folder / "home"), LC_ALL="C.UTF-8")
        environment.pop("XDG_DATA_HOME", None)
        return subprocess.run(["sh", "-c", "\n".join(case.command)], cwd=work, env=environment, capture_output=True,
                              encoding="utf-8", errors="backslashreplace", stdin=subprocess.DEVNULL, timeout=120)


def accept(path, outcomes):
    """Writes the exact lines and exit statuses of the cases that were run."""
    out, case, written = [], None, set()
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("=== "):
            case, written = outcomes.get(line[4:].strip()), set()
        exact = case and (line[:2] in ("> ", "! ") or line in (">", "!", ">nothing", "!nothing"))
        if exact:
            if line[0] not in written:
                written.add(line[0])
                text = case.stdout if line[0] == ">" else case.stderr
                out += [f"{line[0]} {part}".rstrip() if part == "" else f"{line[0]} {part}" for part in text.splitlines()]
                if not text:
                    out.append(line[0] + "nothing")
        elif case and line.startswith("exit "):
            out.append(f"exit {case.returncode}")
        else:
            out.append(line)
    path.write_text("\n".join(out) + "\n", "utf-8")


def main():
    number, only = 0, sys.argv[1:]
    for path in sorted(HERE.glob("*.cases")):
        outcomes = {}
        for case in list(read(path)):
            if only and case.name not in only:
                continue
            number += 1
            outcomes[case.name] = outcome = run(case)
            found = list(case.faults(outcome))
            print("not ok" if found else "ok", number, "-", f"{path.stem}: {case.name}" + (f" # TODO {case.todo}" if case.todo else ""))
            for fault in found:
                print("#  " + fault.replace("\n", "\n#    "))
        if os.environ.get("ACCEPT"):
            accept(path, outcomes)
    print(f"1..{number}")


main()
