"""How people name things on the command line: petstore, petstore@v1, petstore@v1/getPetById."""

import typer

from gateway.cli.output import say


def connector(text: str) -> str:
    """`petstore` or a full name → connectors/petstore."""
    return text if text.startswith("connectors/") else f"connectors/{text}"


def version(text: str) -> str:
    """`petstore`, `petstore@v1` or a full name → connectors/petstore/versions/v1; exits with 2."""
    if text.startswith("connectors/"):
        return text if "/versions/" in text else f"{text}/versions/live"
    if "/" in text:
        say(f"`{text}` names no version", "CONNECTOR or CONNECTOR@VERSION")
        raise typer.Exit(2)
    name, _, edition = text.partition("@")
    return f"connectors/{name}/versions/{edition or 'live'}"


def action(text: str) -> str:
    """`petstore/getPetById` or `petstore@v1/getPetById` → the full name; exits with 2."""
    if text.startswith("connectors/"):
        return text
    owner, slash, name = text.partition("/")
    if not (owner and slash and name):
        say(f"`{text}` names no action", "CONNECTOR/ACTION or CONNECTOR@VERSION/ACTION")
        raise typer.Exit(2)
    return f"{version(owner)}/actions/{name}"


def connection(text: str) -> str:
    """`berlin` or a full name → connections/berlin; empty stays empty."""
    return text if not text or text.startswith("connections/") else f"connections/{text}"


def subject(text: str, of: str = "") -> str:
    """`berlin/alice`, or `alice` of a connection → the full name; empty stays; exits with 2."""
    if not text or text.startswith("connections/"):
        return text
    owner, slash, name = text.rpartition("/")
    owner = owner if slash else of.removeprefix("connections/")
    if not (owner and name):
        say(f"`{text}` names no subject", "CONNECTION/SUBJECT")
        raise typer.Exit(2)
    return f"connections/{owner}/subjects/{name}"


def short(name: str) -> str:
    """A full name as people type it."""
    parts = name.split("/", 5)
    text = parts[1]
    if len(parts) > 3:
        text += f"@{parts[3]}"
    return f"{text}/{parts[5]}" if len(parts) > 5 else text
