"""What a backend says went wrong, whatever it says it in."""

import time

import orjson
import pytest

from facade.model.call import Headers, Reply
from facade.transcode.complaint import complaint_of, document_of, text_at

XML = "application/xml"
S3 = b"<?xml version='1'?><Error><Code>NoSuchKey</Code><Message>No &lt;x&gt; here</Message></Error>"
PROBLEM = b"<problem xmlns='urn:ietf:rfc:7807'><title>T</title><detail>D</detail></problem>"
SOAP_11 = b"<s:Fault><faultcode>c</faultcode><faultstring xml:lang='en'>why</faultstring></s:Fault>"
SOAP_12 = b"<s:Fault><s:Reason>\n<s:Text xml:lang='en'>why</s:Text></s:Reason></s:Fault>"
PAGE = b"<!DOCTYPE html><title>502 Bad Gateway</title><p class='message'><message>no</message>"


def complaint(body: bytes, content_type: str | None) -> str:
    headers: Headers = () if content_type is None else (("content-type", content_type),)
    reply = Reply(status=404, headers=headers, body=body)
    return complaint_of(reply, document_of(reply)).strip()


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (S3, XML, "No <x> here"),
        (PROBLEM, "application/problem+xml", "D"),
        (SOAP_11, "text/xml; charset=utf-8", "why"),
        (SOAP_12, "application/soap+xml", "why"),
        (b"<e><error><message><![CDATA[a ] b]] <c>]]></message></error></e>", XML, "a ] b]] <c>"),
        (b"<e><message/><message></message><error>last</error></e>", XML, "last"),
        (b"\xef\xbb\xbf<e><reason>with a mark</reason></e>", XML, "with a mark"),
        (b"<e><code>7</code></e>", XML, "Not Found"),
        (PAGE, "text/html", "502 Bad Gateway"),
        (PAGE, None, "502 Bad Gateway"),
        (b"<html><h1>oops</h1>", "text/html", "Not Found"),
        (b"\n no such pet \nat line 7", "text/plain", "no such pet"),
        (b"no such pet", None, "no such pet"),
        ("n\xe9".encode("latin-1"), "text/plain; charset=iso-8859-1", "n\xe9"),
        ("n\xe9".encode("utf-16"), "text/plain; charset=utf-16", "n\xe9"),
        (b"words", "text/plain; charset=punycode", "words"),
        (b"words", "application/octet-stream", "Not Found"),
        (b"\x89PNG\r\n\x1a\n\x00", None, "Not Found"),
        (b" \n ", "text/plain", "Not Found"),
    ],
)
def test_the_words_are_found_in_markup_and_in_text(
    body: bytes, content_type: str | None, words: str
) -> None:
    assert complaint(body, content_type) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": [{"description": "d"}]}, "d"),
        ({"errorMessages": ["first", "second"], "errors": {}}, "first"),
        ({"message": ["id must be a number", "x"], "error": {"code": 7}}, "id must be a number"),
        ({"error": [{"message": "m"}]}, "m"),
        ({"Error": {"Message": "m"}}, "m"),
        ({"title": "T", "errors": {"id": ["is wrong"]}}, "T"),
    ],
)
def test_the_words_are_found_where_frameworks_put_them(body: object, words: str) -> None:
    assert complaint(orjson.dumps(body), "application/json") == words


@pytest.mark.parametrize(
    "body",
    [
        b"<message><![CDATA[" * 500_000,
        b"<message " * 1_000_000,
        b"<a:" * 3_000_000,
        b"<" * 9_000_000,
        b"x" * 9_000_000,
    ],
)
def test_d22_a_large_body_is_searched_in_bounded_time(body: bytes) -> None:
    start = time.perf_counter()
    complaint(body, XML)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("document", "pointer", "text"),
    [
        ({"a": {"b": "x"}}, "/a/b", "x"),
        ({"a": [1, {"b": None}]}, "/a/1", '{"b":null}'),
        ({"a": 1}, "/b", None),
        ({"a~/": True}, "/a~0~1", "true"),
        ([[]], "/00", "[]"),
    ],
)
def test_a_rules_pointer_gives_text_or_json(
    document: object, pointer: str, text: str | None
) -> None:
    assert text_at(document, pointer) == text


def test_d22_what_is_too_deep_to_be_written_again_has_no_text() -> None:
    assert text_at(orjson.loads(b"[" * 900 + b"]" * 900), "") == ""
