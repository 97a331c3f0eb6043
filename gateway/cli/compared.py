"""What is compared on the command line: documents of this machine, and versions of a gateway."""

import json
import re
from pathlib import Path
from typing import NamedTuple

import typer

from facade.errors.caller import InvalidSpec
from facade.model.version import Version
from facade.spec.examination import Examination, examine, examine_files
from facade.spec.limits import DEFAULT
from gateway.cli import names
from gateway.cli.documents import documents, unreadable
from gateway.cli.output import say
from gateway.cli.session import Session
from gateway.convert.client import known_version
from gateway.v1.catalog_pb2 import ExportVersionRequest, GetVersionRequest

UNREADABLE = 2
"""The exit code."""

NAME = re.compile(r"[a-z][a-z0-9-]*(@[A-Za-z0-9._-]+)?|connectors/.+")
"""Of a version of the gateway, where no file is called so."""


class Compared(NamedTuple):
    """One of two that are compared."""

    name: str
    top: Path
    """What the names of its files are relative to."""
    read: Examination
    version: Version | None = None
    """None for a document that is no version's."""


def is_version(text: str) -> bool:
    """Whether an argument names a version of the gateway, and no file."""
    return not Path(text).exists() and NAME.fullmatch(text) is not None


def of_file(text: str) -> Compared:
    """A document of this machine; exits with 2 where it is not one that can be read."""
    found = documents(Path(text))
    if len(found) > 1:
        say(f"{text} holds {len(found)} documents", f"portico diff {found[0].name} …")
        raise typer.Exit(UNREADABLE)
    try:
        return Compared(found[0].name, found[0].top, examine_files(found[0].gather()))
    except (OSError, InvalidSpec) as problem:
        for reason in unreadable(problem):
            say(f"{found[0].name}: cannot be read: {reason}")
        raise typer.Exit(UNREADABLE) from None


def of_version(session: Session, text: str) -> Compared:
    """A version of the gateway with its document; exits with 2 where it cannot be had."""
    request = GetVersionRequest(name=names.version(text))
    try:
        message = session.ask(session.catalog.GetVersion, request)
        export = ExportVersionRequest(name=message.name)
        answered = session.ask(session.catalog.ExportVersion, export)
    except typer.Exit:
        raise typer.Exit(UNREADABLE) from None
    (said,) = json.loads(answered.document)["versions"]
    short = names.short(message.name)
    return Compared(short, Path(), examine(said["spec"], DEFAULT), known_version(message))
