"""The methods that the HTTP server reads, and those of which we say so."""

import httptools
import pytest

from facade.model.methods import READ, unread


class Nobody:
    """Takes nothing of what a parser finds."""


def is_read(method: str) -> bool:
    head = f"{method} / HTTP/1.1\r\nhost: a\r\n\r\n".encode()
    try:
        httptools.HttpRequestParser(Nobody()).feed_data(head)
    except httptools.HttpParserUpgrade:
        return True
    except httptools.HttpParserError:
        return False
    return True


@pytest.mark.parametrize("method", sorted(READ))
def test_the_server_reads_what_we_say(method: str) -> None:
    assert is_read(method)
    assert unread(method) == ""


@pytest.mark.parametrize("method", ["get", "FROB", "VERSION-CONTROL", "LABEL", "PRI", "DESCRIBE"])
def test_it_reads_no_others(method: str) -> None:
    assert not is_read(method)
    assert f"`{method}`" in unread(method)
