#!/usr/bin/env python3
"""The one command of a checkout: sets up what a step needs, runs it, and says what failed.

It needs Python 3.11 and nothing else. Whatever more is used stands in pins/, by version and by
hash, and goes into .venv beside this file; nothing outside of the checkout is written.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must be told what is wrong
    sys.exit(
        "dev.py needs Python 3.11 or later; this is Python {}.{} ({}).\n"
        "Remedy: run it with a newer one, such as `python3.12 dev.py`. To get one:\n"
        "`apt install python3.11`, `dnf install python3.11`, `brew install python` or "
        "python.org.".format(*sys.version_info[:2], sys.executable)
    )

import contextlib
import fcntl
import functools
import hashlib
import inspect
import itertools
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "portico.stamp"
UNFINISHED = "unfinished"
PAGES = [f"docs/{each}.md" for each in ("diff", "errors", "faults", "lint", "metrics")]
# By file, in the order of the rooms: long tests come first, and `unit` fills the end
BESIDE = ("-nauto", "--maxprocesses=4", "--dist=loadfile", "--no-loadscope-reorder", "-mnot alone")
RUNS = {"pytest, side by side": BESIDE, "pytest, one by one": ("-m", "alone")}
BASE = getattr(sys, "_base_executable", sys.executable)  # never .venv's own: that one may go

# What a tool says -> what helps; the first that matches is shown, so pip's last words are the last.
REMEDIES = {
    r"No space left|Disk quota exceeded": "The disk is full: free 500 MB, and run it again.",
    r"ensurepip|No module named '?(venv|pip)\b": (
        "This Python comes without venv or pip. Debian, Ubuntu: `apt install python3-venv`; "
        "Fedora: `dnf install python3-pip`; or use a Python from python.org."
    ),
    r"DO NOT MATCH THE HASHES": (
        "What was downloaded is not what pins/ names. `python3 -m pip cache purge`, and try again; "
        "if it stays, the package index or a proxy changes packages: do not go on with it."
    ),
    r"SSLError|CERTIFICATE_VERIFY": "The index's CA is not trusted here: name it in PIP_CERT.",
    r"Connection|[Nn]ame resolution|ProxyError|[Tt]imed? ?out|unreachable": (
        "No package index can be reached. Check the network (HTTPS_PROXY, PIP_INDEX_URL), or give "
        "a folder of wheels: PIP_NO_INDEX=1 PIP_FIND_LINKS=/path/wheels."
    ),
    r"Permission denied|Read-only|not permitted": "Work in a copy that this user may write in.",
    r"No matching distribution|not a supported wheel": (
        "No build of a pinned package fits this Python and platform: use CPython 3.11 to 3.13, "
        "64 bit, on Linux or macOS."
    ),
}


class Failure(Exception):
    """A step went wrong; the text is what its tool said."""


class Skip(Exception):
    """A step cannot be done here; the text says why."""


class Step(NamedTuple):
    """Something to do, shown as one line."""

    name: str
    work: Callable[[], object]
    remedy: str = ""
    """What helps when it fails."""


def demo(*arguments: str) -> NoReturn:
    """Starts a demo backend with a gateway before it, and prints the calls to try.

    ARGUMENTS go to `portico demo`: `--spec FILE --backend URL` shows a backend of your own.
    Installs what the gateway itself needs and no more. Ctrl-C ends it.
    """
    set_up("run")
    become("-P", "-m", "gateway", "demo", *arguments)


def test(*arguments: str) -> int:
    """Runs all that CI runs; with ARGUMENTS pytest alone, and they go to it: `-q tests/unit`."""
    set_up("dev")
    if arguments:
        os.chdir(ROOT)
        become("-m", "pytest", *arguments)
    start = time.monotonic()
    steps = checks()
    failures = attempt(*steps)
    runs = {name: run_pytest(name, *options) for name, options in RUNS.items()}
    report(failures)
    names = [step.name for step, _ in failures] + [name for name, (code, _) in runs.items() if code]
    result = f"FAILED: {', '.join(names)}" if names else f"all {len(steps) + 2} steps passed"
    for _, summary in runs.values() if names else ():
        say(summary)  # closes what CI reads, after what was reported
    say(f"test: {result}, in {time.monotonic() - start:.1f} s")
    return 1 if names else 0


def fix() -> int:
    """Formats, mends what can be mended, and generates anew what is generated."""
    set_up("dev")
    steps = (
        Step("ruff format", tool("ruff", "format", ".")),
        Step("ruff check --fix", tool("ruff", "check", "--fix", "--output-format=concise", ".")),
        Step("buf format -w", tool("buf", "format", "-w", "protos")),
        Step("generated code", tool("python", "protos/generate.py")),
        *(Step(p, tool("python", f"{p[:-3]}_page.py")) for p in PAGES),
    )
    return report(attempt(*steps))


def protos() -> int:
    """Generates gateway/v1 from protos/."""
    set_up("dev")
    return report(attempt(Step("generated code", tool("python", "protos/generate.py"))))


def bench(*arguments: str) -> NoReturn:
    """Measures the CPU time of a call, as a ratio to the floor of the same run.

    ARGUMENTS go to tests/bench/run.py.
    """
    set_up("dev")
    become(str(ROOT / "tests" / "bench" / "run.py"), *arguments)


def checks() -> list[Step]:
    """What CI runs before the tests, in its order."""
    mend = "`python3 dev.py fix` mends it."
    keep = "What is released stays as it is: mark it deprecated, and add beside it."
    return [
        Step("ruff format", tool("ruff", "format", "--check", "."), mend),
        Step("ruff check", tool("ruff", "check", "--output-format=concise", ".")),
        Step("mypy", tool("mypy")),
        Step("lint-imports", tool("lint-imports")),
        Step("generated code", tool("python", "protos/generate.py", "--check"), mend),
        Step("buf lint", tool("buf", "lint", "protos")),
        Step("buf format", tool("buf", "format", "--diff", "--exit-code", "protos"), mend),
        Step("buf breaking", check_breaking, keep),
        *(Step(p, tool("python", f"{p[:-3]}_page.py", "--check"), mend) for p in PAGES),
    ]


def check_breaking() -> None:
    """Compares protos/ with those of the last tag."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        raise Skip("no git here")
    try:
        tag = run("git", "describe", "--tags", "--abbrev=0").strip()
    except Failure as problem:
        if "No names found" in str(problem):
            raise Skip("no tag yet") from None
        raise
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder, "base")
        run("git", "archive", f"--output={base}.zip", tag, "protos", "buf.yaml")
        shutil.unpack_archive(f"{base}.zip", base)
        shutil.copytree(ROOT / ".googleapis", base / ".googleapis")
        run(VENV / "bin" / "buf", "breaking", "protos", "--against", base / "protos")


def set_up(kind: str) -> None:
    """Makes .venv hold the pins of `kind`, `run` or `dev`; at once where it does already.

    Ends the process where that cannot be done.
    """
    with Path(__file__).open() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # two terminals may start at once
        if stamped() in (stamp(kind), stamp("dev")):
            return
        say("Setting up .venv:")
        packages = Step(f"packages of pins/{kind}.txt", functools.partial(install, kind))
        for step in (Step("environment", make_venv), packages):
            if report(attempt(step), REMEDIES.items()):
                sys.exit(1)


def stamped() -> str:
    """What stands in STAMP."""
    return STAMP.read_text() if STAMP.is_file() else ""


def stamp(kind: str) -> str:
    """What stands there when .venv is whole: its place, which its scripts name, and its pins."""
    content = (ROOT / "pins" / f"{kind}.txt").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return f"{ROOT}\n{kind} {hashlib.sha256(content).hexdigest()}"


def usable() -> bool:
    """Tells whether .venv is of this place, of a new enough Python, and was not left half made."""
    place, _, state = stamped().partition("\n")
    if state == UNFINISHED or place not in ("", str(ROOT)):
        return False
    try:
        run(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))")
    except (Failure, OSError):
        return False
    return True


def make_venv() -> None:
    """Makes .venv anew unless there is one to be used."""
    if usable():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir(exist_ok=True)
    STAMP.write_text(f"{ROOT}\n{UNFINISHED}")
    try:
        run(BASE, "-m", "venv", VENV)
    except Failure as problem:
        # Debian parts ensurepip from Python; then another pip can fill a venv that has none.
        try:
            run(BASE, "-m", "venv", "--without-pip", VENV)
            run(BASE, "-m", "pip", "--version")
        except Failure as second:
            raise Failure(f"{problem}\n{second}") from None


def install(kind: str) -> None:
    """Fills .venv with the pins of `kind`, the checkout itself, and the command `portico`."""
    STAMP.write_text(f"{ROOT}\n{UNFINISHED}")
    site = next(VENV.glob("lib/python*/site-packages"))
    own = (site / "pip").is_dir()
    pip = (PYTHON, "-m", "pip") if own else (BASE, "-m", "pip", "--python", PYTHON)
    options = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-deps")
    pins = ROOT / "pins" / f"{kind}.txt"
    run(*pip, "install", *options, "--only-binary=:all:", "--require-hashes", "-r", pins)
    (site / "portico.pth").write_text(f"{ROOT}\n")
    command = VENV / "bin" / "portico"
    command.write_text(f'#!/bin/sh\nexec "{PYTHON}" -P -m gateway "$@"\n')
    command.chmod(0o755)
    STAMP.write_text(stamp(kind))


def environment() -> dict[str, str]:
    """The environment of every tool: ours before the user's, and no other Python's modules.

    What is compiled is kept, for each run has hundreds of processes.
    """
    foreign = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    path = os.pathsep.join((str(VENV / "bin"), kept.get("PATH", os.defpath)))
    # buf wants a folder for its cache even where HOME is none
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(VENV), "BUF_CACHE_DIR": str(VENV / "buf")}


def run(*command: str | Path) -> str:
    """Runs a command at the top of the checkout; returns what it said, or raises Failure."""
    done = subprocess.run(  # noqa: S603 - the commands stand in this file
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise Failure(done.stdout.strip() or f"{command[0]} ended with {done.returncode}")
    return done.stdout


def tool(name: str, *arguments: str) -> Callable[[], str]:
    """A command of .venv, to be run later."""
    return functools.partial(run, VENV / "bin" / name, *arguments)


def become(*arguments: str) -> NoReturn:
    """Lets .venv's Python take the place of this process, so that signals reach it alone."""
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), *arguments], environment())  # noqa: S606 - no shell is wanted


def run_pytest(name: str, *options: str) -> tuple[int, str]:
    """Runs tests before the reader's eyes; returns the exit status and pytest's last line."""
    start = time.monotonic()
    color = "--color=yes" if sys.stdout.isatty() else "--color=auto"
    command = [str(PYTHON), "-m", "pytest", color, *options]
    line = ""
    with subprocess.Popen(  # noqa: S603 - the command stands above
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            say(line, end="")
    show(name, "ok" if process.returncode == 0 else "FAILED", start)
    return process.returncode, line.strip()


def attempt(*steps: Step) -> list[tuple[Step, str]]:
    """Does all steps and writes a line for each; returns those that failed, with what was said."""
    failures = []
    for step in steps:
        start = time.monotonic()
        outcome = "ok"
        with spinner(step.name, start):
            try:
                step.work()
            except Skip as reason:
                outcome = f"skipped: {reason}"
            except (Failure, OSError) as problem:
                outcome = "FAILED"
                failures.append((step, str(problem)))
        show(step.name, outcome, start)
    return failures


def report(failures: list[tuple[Step, str]], known: Iterable[tuple[str, str]] = ()) -> int:
    """Writes what failed, what was said, and the remedy if one is known; returns the exit code."""
    for step, problem in failures:
        fitting = (remedy for pattern, remedy in known if re.search(pattern, problem))
        remedy = next(fitting, step.remedy)
        say(f"\n--- {step.name} FAILED ---\n{problem}")
        say(textwrap.fill(f"Remedy: {remedy}", 100) + "\n" if remedy else "")
    return 1 if failures else 0


@contextlib.contextmanager
def spinner(name: str, start: float) -> Iterator[None]:
    """Shows on a terminal that a step goes on, and for how long; elsewhere nothing."""
    done = threading.Event()

    def turn() -> None:
        for mark in itertools.cycle("|/-\\"):
            say(f"\r  {name:<28} {mark} {time.monotonic() - start:.0f} s ", end="")
            if done.wait(0.1):
                break
        say("\r\x1b[K", end="")

    thread = threading.Thread(target=turn)
    if sys.stdout.isatty():
        thread.start()
    try:
        yield
    finally:
        done.set()
        if thread.ident:
            thread.join()


def show(name: str, outcome: str, start: float) -> None:
    """Writes the line of a step."""
    say(f"  {name:<28} {outcome:<22} {time.monotonic() - start:6.1f} s")


def say(*words: str, end: str = "\n") -> None:
    """Writes at once, so that it stands in its place among what the tools write."""
    sys.stdout.write(" ".join(words) + end)
    sys.stdout.flush()


COMMANDS: dict[str, Callable[..., int]] = {
    command.__name__: command for command in (demo, test, fix, protos, bench)
}


def main(arguments: list[str]) -> int:
    """Runs the command that is named first; 0 is done, 1 failed, 2 not understood."""
    name, *rest = arguments or ["--help"]
    command = COMMANDS.get(name)
    if command is None:
        say("" if name in ("-h", "--help") else f"dev.py has no command {name!r}.")
        say("usage: python3 dev.py COMMAND [--help | ARGUMENTS]\n")
        for known, each in COMMANDS.items():
            say(f"  {known:<8}{inspect.getdoc(each)}".splitlines()[0])
        return 0 if name in ("-h", "--help") else 2
    if rest[:1] in (["-h"], ["--help"]):
        say(f"usage: python3 dev.py {name} [ARGUMENTS]\n\n{inspect.getdoc(command)}")
        return 0
    if rest and command in (fix, protos):
        say(f"dev.py {name} takes no arguments.")
        return 2
    try:
        return command(*rest)
    except KeyboardInterrupt:
        say("\ninterrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
