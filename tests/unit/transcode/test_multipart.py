import pytest

from facade.errors.caller import InvalidParameters
from facade.transcode.body.multipart import Part, random_boundary, write_multipart


def test_b17_quotes_and_line_breaks_in_names_cannot_leave_their_header() -> None:
    name = 'a"; x="\r\nX-Evil: 1\r\n\r\nbody\x00é.png'
    part = Part(name=name, data=b"1", filename=name)
    _, body = write_multipart([part], lambda: "B")
    head, _, rest = body.partition(b"\r\n\r\n")
    assert rest == b"1\r\n--B--\r\n"
    safe = "a%22; x=%22%0D%0AX-Evil: 1%0D%0A%0D%0Abody%00é.png"
    assert head.decode() == (
        f'--B\r\nContent-Disposition: form-data; name="{safe}"; filename="{safe}"'
    )


def test_b17_a_boundary_that_stands_in_the_content_is_not_used() -> None:
    candidates = iter(["AAA", "BBB", "CCC"])
    parts = [Part(name="a", data=b"x\r\n--AAA\r\n"), Part(name="BBB", data=b"")]
    boundary, body = write_multipart(parts, lambda: next(candidates))
    assert boundary == "CCC"
    assert body.count(b"--CCC") == 3


def test_b17_a_source_that_has_no_free_boundary_ends() -> None:
    with pytest.raises(InvalidParameters):
        write_multipart([Part(name="a", data=b"AAA")], lambda: "AAA")


def test_random_boundaries_differ_and_are_legal() -> None:
    first, second = random_boundary(), random_boundary()
    assert first != second
    assert len(first) <= 70


def test_a_part_without_a_name_says_no_more_of_itself_than_is_known() -> None:
    parts = [
        Part(data=b"1"),
        Part(data=b"2", content_type="a/b", headers=(("Content-ID", "<x>"),)),
        Part(data=b"3", filename="f"),
    ]
    _, body = write_multipart(parts, lambda: "B")
    assert body == (
        b"--B\r\n\r\n1\r\n"
        b"--B\r\nContent-Type: a/b\r\nContent-ID: <x>\r\n\r\n2\r\n"
        b'--B\r\nContent-Disposition: attachment; filename="f"\r\n\r\n3\r\n--B--\r\n'
    )
