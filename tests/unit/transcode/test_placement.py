"""Arguments at their places in the request, and what each place refuses."""

from dataclasses import replace
from typing import Any

import pytest

from facade.model.action import Action, Location, Parameter, Style
from facade.model.version import Serialization
from facade.transcode.arguments import parse
from facade.transcode.placement import Draft, Writers, compile_writers, place
from facade.transcode.validation.validate import compile_validator

STYLES = {Location.PATH: Style.SIMPLE, Location.HEADER: Style.SIMPLE}


def parameter(location: Location, name: str = "p", **more: Any) -> Parameter:
    given: dict[str, Any] = {
        "key": "p",
        "required": False,
        "style": STYLES.get(location, Style.FORM),
        "explode": location in {Location.QUERY, Location.COOKIE},
        "schema": True,
    }
    return Parameter(name=name, location=location, **given | more)


def placed(each: Parameter, value: str) -> Draft:
    action = Action(id="a", method="GET", path="/", pointer="", parameters=(each,))
    return place(writers_of(action), parse(f'{{"p":{value}}}'))


def writers_of(action: Action) -> Writers:
    return compile_writers(action, Serialization(), compile_validator(action))


def refused(each: Parameter, value: str) -> str:
    draft = placed(each, value)
    assert [violation.field for violation in draft.violations] == ["/p"]
    assert draft.query + draft.headers + draft.cookies == []
    return draft.violations[0].description


def test_each_location_has_its_part_of_the_draft() -> None:
    assert placed(parameter(Location.PATH), '"a b"').path == {"p": "a%20b"}
    assert placed(parameter(Location.QUERY), '["a","b"]').query == ["p=a", "p=b"]
    assert placed(parameter(Location.HEADER), "[1,2]").headers == [("p", "1,2")]
    assert placed(parameter(Location.COOKIE), '{"a":1,"b":2}').cookies == ["a=1", "b=2"]
    whole = parameter(Location.QUERYSTRING, media_type="application/json")
    assert placed(whole, '{"a":1}').query == ["%7B%22a%22%3A1%7D"]


def test_b01_a_dot_among_others_is_no_dot_segment_and_no_flaw() -> None:
    draft = placed(parameter(Location.PATH), '{"semi":";","dot":".","up":".."}')
    assert (draft.path, draft.violations) == ({"p": "semi,%3B,dot,.,up,.."}, [])


@pytest.mark.parametrize("more", [{}, {"media_type": "text/plain"}])
def test_null_is_no_header_and_an_empty_text_is_an_empty_one(more: dict[str, Any]) -> None:
    assert placed(parameter(Location.HEADER, **more), "null").headers == []
    assert placed(parameter(Location.HEADER, **more), '""').headers == [("p", "")]


def test_what_does_not_fit_is_not_written_and_a_default_is() -> None:
    each = parameter(Location.QUERY, required=True, default=7, schema={"type": "integer"})
    action = Action(id="a", method="GET", path="/", pointer="", parameters=(each,))
    assert place(writers_of(action), {}).query == ["p=7"]
    assert placed(each, '["a"]') == Draft(unfit=True)
    assert placed(each, "8") == Draft(query=["p=8"])


@pytest.mark.parametrize("value", ['""', "null"])
def test_what_is_empty_fits_where_the_document_allows_it_whatever_the_schema_says(
    value: str,
) -> None:
    each = parameter(Location.QUERY, schema={"type": "integer"})
    assert placed(each, value) == Draft(unfit=True)
    assert placed(replace(each, allow_empty=True), value) == Draft(query=["p="])


@pytest.mark.parametrize(
    "value", ["/evil", "//evil", "a//b", "a/../b", "a/./b", "..", "a/%2e%2e/b", "", "a\\u0000"]
)
def test_b01_several_segments_climb_no_more_than_one(value: str) -> None:
    each = parameter(Location.PATH, multi_segment=True)
    assert refused(each, f'"{value}"')
    assert placed(each, '"heads/a b?c"').path == {"p": "heads/a%20b%3Fc"}


@pytest.mark.parametrize("value", ['""', "[]", "{}", "null", "[null]"])
def test_b01_an_empty_segment_is_refused(value: str) -> None:
    assert "empty" in refused(parameter(Location.PATH), value)


@pytest.mark.parametrize("value", ["a\\r\\nX: y", "a\\n b", "a\\u0000b"])
def test_b05_line_breaks_and_nul_are_refused_in_headers(value: str) -> None:
    assert "line breaks" in refused(parameter(Location.HEADER), f'"{value}"')
    assert "line breaks" in refused(parameter(Location.HEADER), f'["a","{value}"]')
    assert "line breaks" in refused(parameter(Location.HEADER), f'{{"{value}":"a"}}')


def test_b05_a_name_that_is_none_is_refused() -> None:
    assert "name" in refused(parameter(Location.HEADER, "X-H\r\nEvil"), '"v"')
    assert "name" in refused(parameter(Location.COOKIE, "a b", style=Style.COOKIE), '"v"')


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "Connection",
        "Content-Type",
        "Proxy-X",
        "TE",
        "Upgrade",
        "Cookie",
        "Authorization",
        "grpc-timeout",
        ":authority",
    ],
)
def test_b06_a_reserved_header_is_refused_as_a_parameter(name: str) -> None:
    assert refused(parameter(Location.HEADER, name), '"v"')


def test_b07_a_header_value_beyond_ascii_is_refused() -> None:
    assert "ASCII" in refused(parameter(Location.HEADER), '"日本"')
    content = parameter(Location.HEADER, media_type="text/plain")
    assert "ASCII" in refused(content, '"日本"')
    as_json = parameter(Location.HEADER, media_type="application/json")
    assert placed(as_json, '"日本"').headers == [("p", '"\\u65e5\\u672c"')]


@pytest.mark.parametrize("more", [{}, {"style": Style.COOKIE}, {"media_type": "text/plain"}])
@pytest.mark.parametrize("value", ['"1; admin=1"', '";"', '"a\\r\\nb"', '"\\u0000"'])
def test_b08_a_cookie_cannot_smuggle_another(value: str, more: dict[str, Any]) -> None:
    assert refused(parameter(Location.COOKIE, **more), value)
    if "media_type" not in more:
        assert refused(parameter(Location.COOKIE, **more), f"[{value}]")
        assert refused(parameter(Location.COOKIE, **more), f'{{{value}:"x"}}')


@pytest.mark.parametrize("value", ['"a b"', '"é"', '"a\\"b"', '{"name=a":"x"}', '{"a b":"x"}'])
def test_b08_what_is_not_encoded_in_a_cookie_keeps_to_its_grammar(value: str) -> None:
    assert refused(parameter(Location.COOKIE, style=Style.COOKIE), value)
    assert placed(parameter(Location.COOKIE), value).cookies


@pytest.mark.parametrize("location", [Location.HEADER, Location.COOKIE])
def test_an_item_with_a_comma_is_refused_where_commas_stand_between_items(
    location: Location,
) -> None:
    style = Style.COOKIE if location is Location.COOKIE else Style.SIMPLE
    each = parameter(location, style=style, explode=False)
    assert "`,`" in refused(each, '["a,b"]')
    assert not placed(each, '"a,b"').violations


def test_an_item_with_a_space_at_its_end_is_refused_in_a_header() -> None:
    assert "space at its end" in refused(parameter(Location.HEADER), '["a"," b"]')


@pytest.mark.parametrize("value", ['"abc"', '"a-B_9"', "7", "-7", "90071992547409930"])
@pytest.mark.parametrize(
    ("location", "more"),
    [
        (Location.PATH, {}),
        (Location.PATH, {"style": Style.LABEL}),
        (Location.PATH, {"style": Style.MATRIX, "name": "a b"}),
        (Location.PATH, {"multi_segment": True}),
        (Location.PATH, {"encode_twice": True}),
        (Location.QUERY, {"name": "filter[x]"}),
        (Location.QUERY, {"allow_reserved": True}),
        (Location.QUERY, {"style": Style.DEEP_OBJECT}),
        (Location.QUERY, {"style": Style.PIPE, "explode": False}),
        (Location.HEADER, {"name": "X-P"}),
        (Location.HEADER, {"name": "host"}),
        (Location.HEADER, {"name": "no name"}),
        (Location.COOKIE, {}),
        (Location.QUERY, {"media_type": "application/json"}),
    ],
)
def test_a_word_is_written_as_any_other_value_of_its_place_is(
    location: Location, more: dict[str, Any], value: str
) -> None:
    each = parameter(location, **more)
    action = Action(id="a", method="GET", path="/", pointer="", parameters=(each,))
    writers = writers_of(action)
    general = tuple(replace(writer, put_word=None) for writer in writers)
    arguments = parse(f'{{"p":{value}}}')
    quick = place(writers, arguments)
    assert quick == place(general, arguments)
    assert quick != Draft()
