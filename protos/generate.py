#!/usr/bin/env python3
"""Generates gateway/v1 from protos/; with --check it only says what is not up to date.

`python3 dev.py protos` runs it in the environment that it needs.
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROTOS = ROOT / "protos"
GOOGLEAPIS = ROOT / ".googleapis"
MYPY = ("mypy", "mypy_grpc")


def googleapis() -> dict[str, bytes]:
    """Reads google/api and google/rpc of the installed googleapis-common-protos.

    buf and protoc then see the very files that are there at run time.
    """
    found: dict[str, bytes] = {}
    for package in ("google.api", "google.rpc"):
        spec = importlib.util.find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            top = Path(folder).parents[1]
            for path in Path(folder).rglob("*.proto"):
                found[path.relative_to(top).as_posix()] = path.read_bytes()
    return found


def generated() -> dict[str, bytes]:
    """Generates in a folder of its own: path in the checkout -> content."""
    names = sorted(path.relative_to(PROTOS).as_posix() for path in PROTOS.rglob("*.proto"))
    services = [name for name in names if re.search(r"(?m)^service ", (PROTOS / name).read_text())]
    with tempfile.TemporaryDirectory() as folder:
        compile_protos(names, ("python", "mypy"), folder)
        # Apart, or a file without a service would leave an empty _grpc module.
        compile_protos(services, ("grpc_python", "mypy_grpc"), folder)
        return modules(Path(folder))


def compile_protos(names: list[str], plugins: tuple[str, ...], folder: str) -> None:
    """Runs protoc; ends the process where it fails, after protoc has said why."""
    scripts = Path(sys.executable).parent
    command = (
        *(sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"-I{GOOGLEAPIS}"),
        *(f"--plugin=protoc-gen-{name}={scripts}/protoc-gen-{name}" for name in MYPY),
        *(f"--{name}_out={'quiet:' if name in MYPY else ''}{folder}" for name in plugins),
        *names,
    )
    done = subprocess.run(command, check=False)  # noqa: S603 - the command stands above
    if done.returncode != 0:
        sys.exit(done.returncode)


def modules(top: Path) -> dict[str, bytes]:
    """Reads the generated modules under `top`: path from there -> content."""
    paths = [path for path in (top / "gateway").rglob("*_pb2*.py*") if path.suffix != ".pyc"]
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in paths}


def stale(wanted: Mapping[str, bytes], present: Mapping[str, bytes]) -> list[str]:
    """The paths that have to be written or deleted."""
    names = wanted.keys() | present.keys()
    return sorted(name for name in names if wanted.get(name) != present.get(name))


def lay(top: Path, wanted: Mapping[str, bytes], present: Mapping[str, bytes]) -> None:
    """Makes what stands under `top` what is wanted."""
    for name in stale(wanted, present):
        path = top / name
        if name not in wanted:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[name])


def main(*, check: bool) -> int:
    """Generates, or checks; returns the exit status."""
    laid = {
        path.relative_to(GOOGLEAPIS).as_posix(): path.read_bytes()
        for path in GOOGLEAPIS.rglob("*.proto")
    }
    lay(GOOGLEAPIS, googleapis(), laid)
    wanted, present = generated(), modules(ROOT)
    names = stale(wanted, present)
    if not check:
        lay(ROOT, wanted, present)
        return 0
    if names:
        sys.stdout.write("not what protos/ generates:\n" + "".join(f"  {name}\n" for name in names))
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
