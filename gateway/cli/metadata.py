"""Metadata entries as they are typed beside a call."""

import re

import typer

from gateway.cli.session import Metadata

_KEY = re.compile(r"[a-z0-9._-]+")
_TEXT = re.compile(r"[ -~]*")


def metadata_of(typed: list[str]) -> Metadata:
    """The entries by lower-case key; raises BadParameter where one is none."""
    return tuple(_entry(each) for each in typed)


def _entry(typed: str) -> tuple[str, str]:
    key, colon, value = typed.partition(":")
    key, value = key.strip().lower(), value.strip()
    if not colon or not _KEY.fullmatch(key):
        raise typer.BadParameter(
            "KEY:VALUE is expected, the key of letters, digits, `.`, `_` and `-`",
            param_hint="'--metadata'",
        )
    if key.endswith("-bin") or not _TEXT.fullmatch(value):
        raise typer.BadParameter(
            f"`{key}` must hold text in ASCII, and not end in -bin", param_hint="'--metadata'"
        )
    return key, value
