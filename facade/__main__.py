"""python -m facade: the HTTP face alone, by settings from flags, the environment and a file."""

import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from facade.config import OF_GRPC, Misconfigured, Settings, described, load
from facade.run import FACADE, HTTP, announcing, facade_of, run
from facade.workers import MISUSED

USAGE = f"""\
usage: python -m facade [--config FILE] [--NAME VALUE]...

Serves every connector over HTTP, with its OpenAPI document, and Portico's own API;
on {HTTP} where `http` does not say otherwise. SIGTERM and Ctrl-C drain it.

"""

SHOWN = [each.name for each in fields(Settings) if each.name not in OF_GRPC]
SWITCHES = {each.name for each in fields(Settings) if isinstance(each.default, bool)}
KNOWN = {"config", *SHOWN}
LISTS = {each.name for each in fields(Settings) if isinstance(each.default, tuple)}


def main(arguments: Sequence[str]) -> int:
    """Serves until SIGTERM or SIGINT; gives the exit status."""
    if {"-h", "--help"} & set(arguments):
        sys.stdout.write(USAGE + "".join(map(_line, SHOWN)))
        return 0
    try:
        flags = read(arguments)
        config = flags.pop("config", None)
        settings = facade_of(load(flags, file=Path(config) if config else None))
    except Misconfigured as problem:
        for line in str(problem).splitlines():
            sys.stderr.write(f"error {line}\n")
        return MISUSED
    return run(FACADE, settings, announcing("portico facade", settings))


def read(arguments: Sequence[str]) -> dict[str, Any]:
    """The flags by the names of their settings: `--name value`, `--name=value`, `--[no-]switch`.

    Raises Misconfigured for what is no flag, and for a flag without its value.
    """
    flags: dict[str, Any] = {}
    rest = iter(arguments)
    for word in rest:
        flag, given, value = word.partition("=")
        name = flag.removeprefix("--").replace("-", "_")
        if not flag.startswith("--"):
            raise Misconfigured(f"`{word}` is no flag; --help lists them")
        if name in OF_GRPC:
            raise Misconfigured(f"{flag}: a facade has no gRPC face")
        if not given and name.removeprefix("no_") in SWITCHES:
            flags[name.removeprefix("no_")] = not name.startswith("no_")
            continue
        taken = value if given else next(rest, None)
        if taken is None and name in KNOWN:
            raise Misconfigured(f"{flag}: a value is missing")
        flags[name] = [*flags.get(name, ()), taken] if name in LISTS else taken or ""
    return flags


def _line(name: str) -> str:
    flag = "--" + name.replace("_", "-")
    return f"  {flag:22} {described(name)}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
