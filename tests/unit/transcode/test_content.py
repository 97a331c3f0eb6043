import pytest

from facade.transcode.body.content import with_parameters
from facade.transcode.media_type import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a/b", "a/b; x=1"),
        ("A/B; q=2", "a/b; q=2; x=1"),
        ("a/b;x=0", "a/b; x=1"),
        ('a/b; y="a b"', 'a/b; y="a b"; x=1'),
        (r'a/b; y="\"\\"', r'a/b; y="\"\\"; x=1'),
    ],
)
def test_parameters_are_added_in_place_of_their_like(text: str, expected: str) -> None:
    kind = parse(text)
    assert kind is not None
    sent = with_parameters(kind, {"x": "1"})
    assert sent == expected
    again = parse(sent)
    assert again is not None
    assert again.parameters == {**kind.parameters, "x": "1"}
