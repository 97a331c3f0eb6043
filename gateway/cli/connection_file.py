"""Connections in files, as YAML or JSON."""

from pathlib import Path

import typer
import yaml
from google.protobuf.json_format import ParseDict, ParseError

from gateway.cli.arguments import read_bytes
from gateway.cli.output import say
from gateway.v1.connection_pb2 import Connection

REMEDY = "the fields that `portico connection get NAME` shows"


def read_connection(file: Path) -> tuple[Connection, set[str]]:
    """The connection in a file, and which fields it gives; exits with 2 where it is none."""
    try:
        tree = yaml.safe_load(read_bytes(str(file))) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise _refused(file, str(problem)) from None
    if not isinstance(tree, dict):
        raise _refused(file, "a mapping of fields is expected")
    try:
        connection = ParseDict(tree, Connection())
    except ParseError as problem:
        raise _refused(file, str(problem)) from None
    words = {each.json_name: each.name for each in Connection.DESCRIPTOR.fields}
    return connection, {words.get(str(each), str(each)) for each in tree}


def _refused(file: Path, why: str) -> typer.Exit:
    """Says in a line why there is no connection in a file; gives what ends the command."""
    first = why.partition(" Available Fields")[0]  # protobuf names them all, on and on
    say(f"{file}: no connection: {' '.join(first.split())}", REMEDY)
    return typer.Exit(2)
