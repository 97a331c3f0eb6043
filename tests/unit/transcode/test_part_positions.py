from facade.model.action import Action, Body, Encoding, Media
from facade.transcode.arguments import parse
from facade.transcode.body.body import Wish, options_of, write_body

FILE = {"type": "string", "format": "binary"}


def sent(text: str, media: Media) -> tuple[str, bytes]:
    """The content type and the bytes of a whole body."""
    body = Body(required=True, media=(media,))
    action = Action(id="a", method="POST", path="/", pointer="", body=body)
    arguments = parse(f'{{"body":{text}}}')
    written = write_body(action, arguments, Wish(boundary=lambda: "B"), options_of(body))
    assert written is not None
    return written


MIXED = Media(
    type="multipart/mixed",
    schema={
        "type": "array",
        "prefixItems": [{"type": "object"}, {}],
        "items": {"type": "string"},
    },
    prefix_encoding=(Encoding(), Encoding(content_type="image/*")),
    untyped_is_binary=True,
)


def test_parts_without_names_are_told_by_their_position() -> None:
    """OAS 3.2 section 4.15.4.4."""
    content_type, body = sent(
        '[{"author": "é"}, {"content":"iVA=","contentType":"image/png",'
        '"headers":{"Content-ID":"<1>"}}, "x", "é", null]',
        MIXED,
    )
    assert content_type == "multipart/mixed; boundary=B"
    assert body == (
        b'--B\r\nContent-Type: application/json\r\n\r\n{"author": "\xc3\xa9"}\r\n'
        b"--B\r\nContent-Type: image/png\r\nContent-ID: <1>\r\n\r\n\x89P\r\n"
        b"--B\r\nContent-Type: text/plain\r\n\r\nx\r\n"
        b"--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xc3\xa9\r\n"
        b"--B\r\nContent-Type: application/json\r\n\r\nnull\r\n--B--\r\n"
    )


def test_the_rest_of_the_parts_follow_one_encoding() -> None:
    media = Media(
        type="multipart/mixed",
        item_encoding=Encoding(content_type="image/jpeg"),
        untyped_is_binary=True,
    )
    _, body = sent('["AP8=", "YQ=="]', media)
    assert body == (
        b"--B\r\nContent-Type: image/jpeg\r\n\r\n\x00\xff\r\n"
        b"--B\r\nContent-Type: image/jpeg\r\n\r\na\r\n--B--\r\n"
    )


def test_multipart_stands_within_multipart() -> None:
    """OAS 3.2 section 4.15.4.8."""
    inner = Encoding(
        content_type="multipart/mixed",
        prefix=(Encoding(content_type="text/csv"), Encoding(), Encoding(content_type="image/png")),
    )
    media = Media(
        type="multipart/mixed",
        schema={"prefixItems": [{"type": "array"}, {"type": "array"}]},
        prefix_encoding=(Encoding(), inner),
    )
    boundaries = iter(["IN", "OUT"])
    body = Body(required=True, media=(media,))
    action = Action(id="a", method="POST", path="/", pointer="", body=body)
    arguments = parse('{"body":[[1, 2.0], ["a,b", "t", "iVA="]]}')
    wish = Wish(boundary=lambda: next(boundaries))
    content_type, data = write_body(action, arguments, wish, options_of(body)) or ("", b"")
    assert content_type == "multipart/mixed; boundary=OUT"
    assert data == (
        b"--OUT\r\nContent-Type: application/json\r\n\r\n[1, 2.0]\r\n"
        b"--OUT\r\nContent-Type: multipart/mixed; boundary=IN\r\n\r\n"
        b"--IN\r\nContent-Type: text/csv\r\n\r\na,b\r\n"
        b"--IN\r\nContent-Type: text/plain\r\n\r\nt\r\n"
        b"--IN\r\nContent-Type: image/png\r\n\r\n\x89P\r\n--IN--\r\n\r\n--OUT--\r\n"
    )


def test_related_parts_say_the_type_of_the_first() -> None:
    """RFC 2387 section 3.1; parts that have names keep them."""
    media = Media(type="multipart/related", schema={"properties": {"meta": {}, "file": FILE}})
    content_type, body = sent('{"meta":{"a":1},"file":"YQ"}', media)
    assert content_type == 'multipart/related; type="application/json"; boundary=B'
    assert body.startswith(b'--B\r\nContent-Disposition: form-data; name="meta"\r\n')
    own = Media(type="multipart/related; type=text/html; boundary=old")
    assert sent('["<p>"]', own)[0] == 'multipart/related; type="text/html"; boundary=B'
