import asyncio
import ssl

import pytest

from facade.channel import Channel
from facade.errors.backend import BackendTls
from facade.http1.answer import Answer

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


async def test_an_end_before_there_was_a_connection_is_told_and_harms_nothing() -> None:
    ended: list[Channel] = []
    channel = Channel(ended.append)
    refused = ssl.SSLError(1, "tls")
    refused.reason = "TLSV1_ALERT_UNKNOWN_CA"
    channel.connection_lost(refused)
    assert ended == [channel]
    due = asyncio.get_running_loop().time() + 1
    await channel.ask(b"GET / HTTP/1.1\r\n\r\n", None, Answer(), due)
    assert type(channel.failure) is BackendTls
