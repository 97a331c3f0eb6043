"""Path templates, and the ways out of them that are shut."""

import pytest

from facade.errors.caller import ActionUnsupported
from facade.transcode.template import compile_template, segments_flaw, value_flaw


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("", ""),
        ("pets", "/pets"),
        ("/pets/{id}", "/pets/7"),
        ("/pets/{id}/", "/pets/7/"),
        ("/pets/{id}.json", "/pets/7.json"),
        ("/{id}/{id}", "/7/7"),
        ("/a({id},{to})", "/a(7,x)"),
        ("/{id}..{to}", "/7..x"),
        ("/calendar('{id}')/$count:now", "/calendar('7')/$count:now"),
        ("/a b/é/[x]", "/a%20b/%C3%A9/%5Bx%5D"),
        ("/a%20b/%zz", "/a%20b/%25zz"),
        ("/a//b", "/a//b"),
        ("/pets#note/{to}", "/pets"),
        ("/a{id}b{to}c", "/a7bxc"),
        ("/{", "/%7B"),
    ],
)
def test_a_path_is_filled_and_its_literals_are_encoded(path: str, expected: str) -> None:
    assert compile_template(path).fill({"id": "7", "to": "x"}) == expected


@pytest.mark.parametrize(
    ("path", "filled", "query"),
    [
        ("/a?action=list", "/a", "action=list"),
        ("/a/{id}?x={to}&y=a b#frag?", "/a/7", "x=x&y=a%20b"),
        ("/{a?b}/{c#d}?q", "/1/2", "q"),
        ("/a?x=?/", "/a", "x=?/"),
        ("/a?{id}", "/a", "7"),
        ("/a?to={to}&n={id}", "/a", "n=7"),
        ("/a?x={to}", "/a", "x=x"),
        ("/a{?to,id*}", "/a", ""),
        ("/a?k=v{&id}#f", "/a", "k=v"),
        ("/a{#id}", "/a", ""),
        ("/{.id*}", "/7", ""),
    ],
)
def test_a_query_in_the_path_is_a_query(path: str, filled: str, query: str) -> None:
    template = compile_template(path, {".id*": "id"}, own=["to"])
    values = {"id": "7", "to": "x", "a?b": "1", "c#d": "2"}
    assert (template.fill(values), template.fill_query(values)) == (filled, query)


def test_slots_are_named_once_in_their_order() -> None:
    assert compile_template("/{b}/{a}-{b}?q={c}").slots == ("b", "a", "c")


@pytest.mark.parametrize("path", ["/../x", "/a/./b", "/a/%2e%2E/b", "/a/..;v=1/{id}", "/a%2f../b"])
def test_a_document_cannot_climb_out_of_its_server(path: str) -> None:
    with pytest.raises(ActionUnsupported):
        compile_template(path)


@pytest.mark.parametrize(
    "value",
    [
        "..",
        ".",
        "../admin",
        "a/../b",
        "%2e%2e%2f",
        "..%5c",
        "..\\x",
        "..;/",
        "%252e%252e%252f",
        "x/..",
        ".%2e",
        "a\x00b",
        "a\r\nb",
        "a%0d%0ab",
        "\n",
    ],
)
def test_b02_what_a_careless_backend_would_resolve_is_no_path_value(value: str) -> None:
    assert value_flaw(value)


@pytest.mark.parametrize(
    "value", ["...", "a..b", ".hidden", "1.0", "a/b", "100%", "%41", "http://x/", "@x", "~", "a;b"]
)
def test_b03_what_only_looks_odd_may_be_encoded(value: str) -> None:
    assert not value_flaw(value)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/{a}{b}", {"a": ".", "b": "."}),
        ("/x/.{a}", {"a": "."}),
        ("/{a}", {"a": "%2E%2e"}),
        ("/{a}", {"a": "."}),
    ],
)
def test_b01_a_segment_that_becomes_a_dot_segment_is_found(
    path: str, values: dict[str, str]
) -> None:
    assert list(compile_template(path).escapes(values)) == ["a"]


@pytest.mark.parametrize("text", ["/evil", "//evil", "a//b", "/"])
def test_b03_several_segments_have_no_empty_one_among_them(text: str) -> None:
    assert segments_flaw(text)
    assert not segments_flaw("heads/main/")
