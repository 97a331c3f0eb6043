import pytest

from facade.app.mirror.answer import Asker, head_of
from facade.model.call import Reply


def told(*fields: tuple[str, str], method: str = "GET", status: int = 200) -> dict[str, str]:
    """The fields that a gateway gets of a reply with the backend's."""
    reply = Reply(status=status, headers=fields, body=b"{}")
    head = head_of(reply, (), Asker(method=method, is_gateway=True), whole=True)
    return {name.decode(): value.decode() for name, value in head["headers"]}


def test_what_speaks_of_coded_bytes_does_not_outlive_the_coding() -> None:
    spoken = (("etag", '"a"'), ("content-digest", "sha-256=:x:"), ("content-md5", "x"))
    assert told(*spoken) == {**dict(spoken), "content-length": "2"}
    coded = told(("content-encoding", "gzip"), ("content-length", "99"), *spoken)
    assert coded == {"etag": 'W/"a"', "content-length": "2"}
    assert told(("content-encoding", "gzip"), ("etag", 'W/"a"'))["etag"] == 'W/"a"'


@pytest.mark.parametrize(("status", "method"), [(204, "GET"), (304, "GET"), (200, "HEAD")])
def test_an_answer_without_a_body_has_no_length_of_ours(status: int, method: str) -> None:
    assert "content-length" not in told(method=method, status=status)


def test_fields_of_the_connection_and_marks_of_the_backends_own_stay_behind() -> None:
    own = (("connection", "x-hop"), ("x-hop", "1"), ("portico-origin", "facade"), ("x-a", "b\x01c"))
    assert told(*own) == {"x-a": "b c", "content-length": "2"}
