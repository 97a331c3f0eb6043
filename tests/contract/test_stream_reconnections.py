"""Reconnections that fail: the items before them are neither denied nor given again."""

import asyncio
from pathlib import Path
from typing import Any

import trustme

from tests.doors import a_door
from tests.fakes import RawBackend, Script, answer, read_request, server_tls
from tests.streams import EVENTS, SPEC, Streams, chunked
from tests.token_servers import SECRETS, TokenServer

FIRST = EVENTS + chunked(b"retry: 1\nid: a\ndata: 1\n\n")[0]


def says_once(seen: list[bytes], then: bytes = b"") -> Script:
    """Says the beginning of a stream, and the next time something else."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(FIRST if len(seen) == 1 else then)

    return script


async def test_a_stream_that_has_begun_was_executed_however_it_cannot_be_taken_up_again(
    tmp_path: Path,
) -> None:
    authority, seen = trustme.CA(), list[bytes]()
    tls = server_tls(authority)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await says_once(seen)(reader, writer)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)

    environ = {"CA": authority.cert_pem.bytes().decode()}
    async with RawBackend(script, tls) as backend, a_door(tmp_path, environ) as door:
        await door.publish("it", SPEC, backend.origin, network={"ca_secret": "env:CA"})
        found, refusal = await Streams(door, "it").until(reconnect=True)
    assert [[*each] for each in found] == [["head"], ["event"]]
    assert refusal is not None
    assert refusal.said == ("UNAVAILABLE", "BACKEND_TLS", "backend", "EXECUTED")


async def test_a_stream_whose_credential_ends_with_it_does_not_begin_anew(tmp_path: Path) -> None:
    seen: list[bytes] = []
    async with (
        TokenServer() as tokens,
        RawBackend(says_once(seen, answer(b"{}", status=401))) as backend,
        a_door(tmp_path, SECRETS) as door,
    ):
        client: dict[str, Any] = {
            "grant": 1,
            "token_uri": tokens.uri,
            "client_id": "me",
            "client_secret": "env:SECRET",
        }
        credentials = [{"scheme": "oauth", "oauth2": client}]
        await door.publish("it", SPEC, backend.origin, credentials=credentials)
        found, refusal = await Streams(door, "it").until(reconnect=True)
    assert [[*each] for each in found] == [["head"], ["event"]]
    assert refusal is not None
    assert refusal.said == ("UNAUTHENTICATED", "BACKEND_AUTH_FAILED", "backend", "EXECUTED")
    assert len(seen) == 2
