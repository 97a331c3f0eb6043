"""The channel of a command to a gateway."""

from pathlib import Path

import grpc
import typer

from facade.app.addresses import is_local
from facade.environment import environment
from gateway.cli.output import say
from gateway.client import shown

LARGEST = 64 * 2**20

TOKEN = "PORTICO_SERVER_TOKEN"  # noqa: S105 - a variable's name
"""Has the key or the token that shows who calls; no option, since others can read those."""


def open_channel(
    server: str, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None
) -> grpc.Channel:
    """A channel to a gateway: TLS where a CA is given, else plaintext; exits with 2 for half.

    A key or a token in the environment goes with every call.
    """
    options = [("grpc.max_receive_message_length", LARGEST)]
    if (certificate is None) != (key is None) or (certificate is not None and ca is None):
        say("--tls-cert and --tls-key go together, and --tls-ca with them")
        raise typer.Exit(2)
    token = environment().get(TOKEN, "").strip()
    if ca is None:
        if token and not is_local(server):
            say(f"{TOKEN} is not sent in the clear beyond this machine", "--tls-ca")
            raise typer.Exit(2)
        return shown(grpc.insecure_channel(server, options), token)
    credentials = grpc.ssl_channel_credentials(_read(ca), _read(key), _read(certificate))
    return shown(grpc.secure_channel(server, credentials, options), token)


def _read(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        return file.read_bytes()
    except OSError as problem:
        say(f"{file}: {problem.strerror}")
        raise typer.Exit(2) from None
