"""What a caller says of media types among the arguments."""

from typing import Any

from facade.model.action import Body, Media
from facade.model.call import Call
from facade.model.names import ActionName
from facade.transcode.arguments import parse
from facade.transcode.body.body import options_of
from facade.transcode.negotiation import negotiated

OPTIONS = options_of(
    Body(required=False, media=(Media(type="application/json"), Media(type="text/plain")))
)


def call(text: str, **fields: Any) -> Call:
    return Call(name=ActionName("c", "v", "a"), arguments=parse(text), **fields)


def test_accept_and_content_type_among_the_arguments_are_the_calls_own_choice() -> None:
    made = negotiated(
        call('{"Accept":"text/csv","content-type":"text/plain","id":1}'), set(), OPTIONS
    )
    assert (made.accept, made.content_type, [*made.arguments]) == ("text/csv", "text/plain", ["id"])


def test_the_calls_fields_go_before_them() -> None:
    given = call(
        '{"Accept":"text/csv","Content-Type":"text/plain"}', accept="a/b", content_type="c/d"
    )
    made = negotiated(given, set(), OPTIONS)
    assert (made.accept, made.content_type) == ("a/b", "c/d")


def test_a_media_type_that_the_body_does_not_have_counts_for_nothing() -> None:
    made = negotiated(call('{"Content-Type":"image/png"}'), set(), OPTIONS)
    assert (made.content_type, [*made.arguments]) == ("", [])


def test_a_property_of_that_name_stays_one_and_what_is_no_text_is_for_validation() -> None:
    given = call('{"Accept":"yes"}')
    assert negotiated(given, {"Accept"}, OPTIONS) is given
    wrong = call('{"Accept":7}')
    assert negotiated(wrong, set(), OPTIONS) is wrong
