"""Uploads and the cache."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from facade.model.call import Upload
from facade.model.stream import StreamedBody
from tests.doors import document
from tests.engines import a_call, an_engine, publish
from tests.fakes import RawBackend, answer, read_request


async def test_what_one_body_was_answered_is_not_given_to_another_that_comes_as_a_stream(
    tmp_path: Path,
) -> None:
    body: dict[str, Any] = {"content": {"application/octet-stream": {}}}
    spec = document({"/like": {"get": {"operationId": "find", "requestBody": body}}})
    asked: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await read_request(reader)).partition(b"\r\n\r\n")[2])
        writer.write(answer(asked[-1], headers=(("Cache-Control", "max-age=60"),)))

    async def chunks(data: bytes) -> AsyncIterator[bytes]:
        yield data

    async with RawBackend(script) as backend, an_engine(tmp_path) as parts:
        await publish(parts, "shop", spec, backend.origin)
        call = a_call("shop/find", upload=Upload(content_type="application/octet-stream", data=b""))
        told = [
            (await parts.engine.execute(call, StreamedBody(chunks=chunks(each), size=3))).body
            for each in (b"one", b"two")
        ]
    assert told == asked == [b"one", b"two"]
