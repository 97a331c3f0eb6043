from collections.abc import AsyncIterator

import pytest

from facade.errors.caller import InvalidParameters
from facade.model.call import Call, Plan, Upload
from facade.model.names import ActionName
from facade.model.stream import StreamedBody
from facade.transcode.body.splice import marked, spliced
from tests.fakes import a_plan

UPLOAD = Upload(content_type="a/b", data=b"")
CALL = Call(name=ActionName("shop", "v1", "put"), arguments={}, upload=UPLOAD)


async def nothing() -> AsyncIterator[bytes]:
    yield b""


def planned(body: bytes) -> Plan:
    return a_plan("http://x", method="PUT", body=body)


def test_what_stands_around_the_mark_stands_around_the_content() -> None:
    call, mark = marked(CALL)
    assert call.upload == Upload(content_type="a/b", data=mark)
    given = StreamedBody(chunks=nothing(), size=3)
    plan, content = spliced(planned(b"head" + mark + b"tail"), mark, given)
    assert (content.before, content.after, content.length) == (b"head", b"tail", 11)
    assert plan.body == b"head<upload of 3 bytes>tail"
    plan, content = spliced(planned(mark), mark, StreamedBody(chunks=nothing()))
    assert (content.length, plan.body) == (None, b"<upload>")


def test_two_marks_are_never_the_same() -> None:
    assert marked(CALL)[1] != marked(CALL)[1]


def test_a_body_that_rewrites_its_upload_is_refused() -> None:
    _, mark = marked(CALL)
    with pytest.raises(InvalidParameters) as refusal:
        spliced(planned(b"head"), mark, StreamedBody(chunks=nothing()))
    assert [each.field for each in refusal.value.details.violations] == ["body"]
