"""portico secret: keep secrets sealed in the gateway; their values go in and never out."""

import sys
from typing import Annotated

import typer

from gateway.cli.arguments import read_bytes
from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, note, plain, say, show, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.v1.secret_pb2 import (
    DeleteSecretRequest,
    ListSecretsRequest,
    RotateSecretsRequest,
    Secret,
    UpdateSecretRequest,
)

app = new_app(
    help="Keep secrets sealed in the gateway; credentials name them as secret:NAME.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The secret, as after `secret:`.")]


@app.command("set")
def put(
    name: Name,
    *,
    file: Annotated[
        str,
        typer.Option(
            "--from-file",
            "-f",
            metavar="FILE",
            help="Where the value is; without it, standard input, or what is typed unseen.",
        ),
    ] = "",
    notes: Annotated[
        str | None, typer.Option("--notes", metavar="TEXT", help="Words for people, in the open.")
    ] = None,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Keep a secret, or replace its value.

    The value is never an argument: others could read it there. One newline at
    its end is left out. Calls use a new value within a second.

    `portico secret set shop-key`

    `portico secret set shop-tls --from-file key.pem`
    """
    request = UpdateSecretRequest(
        secret=Secret(name=_full(name), value=_value(name, file)), allow_missing=True
    )
    request.update_mask.paths.append("value")
    if notes is not None:
        request.secret.notes = notes
        request.update_mask.paths.append("notes")
    with connect(server, ca, certificate, key) as session:
        kept = session.ask(session.secrets.UpdateSecret, request)
    if output is not Format.TABLE:
        show(plain(kept), output)
        return
    typer.echo(f"{_short(kept.name)} is kept, revision {kept.revision}: secret:{_short(kept.name)}")


@app.command("list")
def every(
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            "-l",
            metavar="FILTER",
            help="An AIP-160 filter, for example 'labels.team = a'.",
        ),
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the secrets that are kept: all but their values."""
    with connect(server, ca, certificate, key) as session:
        request = ListSecretsRequest(filter=wanted)
        found = list(session.pages(session.secrets.ListSecrets, request, "secrets"))
    columns = ("name", "revision", "updated", "fingerprint", "key", "notes")
    show_list(found, "secrets", columns, _row, output)


@app.command()
def delete(
    name: Name,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Though versions that serve live calls name it.")
    ] = False,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Delete a secret."""
    with connect(server, ca, certificate, key) as session:
        request = DeleteSecretRequest(name=_full(name), force=force)
        session.ask(session.secrets.DeleteSecret, request)
    typer.echo(f"{_short(name)} deleted")


@app.command()
def rotate(
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Seal every secret by the first key of the key ring.

    Put a new key in front of the ring's file, run this, then take the old key out.
    Calls go on meanwhile.
    """
    rotated = 0
    with connect(server, ca, certificate, key) as session:
        while True:
            done = session.ask(session.secrets.RotateSecrets, RotateSecretsRequest())
            rotated += done.rotated_count
            if not (done.rotated_count and done.remaining_count):
                break
            note(f"{rotated} sealed anew, {done.remaining_count} to go")
    done.rotated_count = rotated
    if output is not Format.TABLE:
        show(plain(done), output)
    else:
        alone = "" if done.unreadable_count else "; no other key is needed"
        typer.echo(f"{rotated} sealed anew by the key {done.key_label}{alone}")
    if done.unreadable_count:
        several = "secrets are" if done.unreadable_count > 1 else "secret is"
        say(
            f"{done.unreadable_count} {several} sealed by a key that is not in the ring",
            "put that key back, behind the first one, or set them anew",
        )
        raise typer.Exit(1)


def _value(name: str, file: str) -> str:
    """What is to be kept; exits with 2 where it is no text."""
    if not file and sys.stdin.isatty():
        asked: str = typer.prompt(
            f"Value of {name}", hide_input=True, confirmation_prompt=True, err=True
        )
        return asked
    try:
        text = read_bytes(file or "-").decode("utf-8")
    except UnicodeDecodeError:
        say(
            f"{file or 'standard input'}: not UTF-8 text", "base64 of it, if the backend takes that"
        )
        raise typer.Exit(2) from None
    return text.removesuffix("\n").removesuffix("\r")


def _row(secret: Secret) -> tuple[str, ...]:
    return (
        _short(secret.name),
        str(secret.revision),
        secret.update_time.ToDatetime().strftime("%Y-%m-%d %H:%M"),
        secret.fingerprint,
        secret.key_label,
        secret.notes,
    )


def _full(name: str) -> str:
    """`shop-key`, `secret:shop-key` or a full name as that one."""
    return f"secrets/{_short(name)}"


def _short(name: str) -> str:
    return name.removeprefix("secrets/").removeprefix("secret:")
