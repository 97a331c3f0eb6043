"""The path tree: which of many paths an address means."""

from time import perf_counter

import pytest

from facade.transcode.reading.route import Found, Routes
from facade.transcode.template import compile_template


def routes(*paths: str, many: frozenset[str] = frozenset(), **leads: str) -> Routes[str]:
    made: Routes[str] = Routes()
    for path in paths:
        made.add("GET", compile_template(path), path, leads, many)
    made.settle()
    return made


def find(made: Routes[str], path: str, *query: str) -> Found[str]:
    (found,) = made.find("GET", path, query)
    return found


def test_literal_text_goes_before_slots_and_more_of_it_before_less() -> None:
    made = routes(
        "/pets/{id}", "/pets/{id}.json", "/pets/mine", "/{kind}/mine", "/pets/{id}.tar.json"
    )
    assert find(made, "/pets/mine").target == "/pets/mine"
    assert find(made, "/pets/7").target == "/pets/{id}"
    assert find(made, "/pets/7.json").target == "/pets/{id}.json"
    assert find(made, "/pets/7.tar.json").target == "/pets/{id}.tar.json"
    assert find(made, "/cats/mine").target == "/{kind}/mine"


def test_a_path_whose_concrete_branch_ends_is_found_in_another_branch() -> None:
    made = routes("/a/b/c", "/{x}/b/d", "/a/{y}/{z}")
    assert find(made, "/a/b/d").target == "/a/{y}/{z}"
    assert find(made, "/x/b/d").slots == {"x": "x"}


def test_a_path_without_slots_has_its_address_for_itself_whatever_its_methods() -> None:
    made = routes("/pets/mine")
    made.add("DELETE", compile_template("/pets/{id}"), "delete", {}, frozenset())
    made.settle()
    assert made.find("DELETE", "/pets/mine", ()) == []
    assert made.methods("/pets/mine", ()) == ("GET",)
    assert made.methods("/pets/7", ()) == ("DELETE",)
    assert made.methods("/cats", ()) == ()


def test_a_path_with_slots_leaves_the_methods_that_it_lacks_to_the_next() -> None:
    made = routes("/pets/{id}.json")
    made.add("DELETE", compile_template("/pets/{id}"), "delete", {}, frozenset())
    made.settle()
    (found,) = made.find("DELETE", "/pets/7.json", ())
    assert (found.target, found.slots) == ("delete", {"id": "7.json"})
    assert made.methods("/pets/7.json", ()) == ("GET", "DELETE")


@pytest.mark.parametrize(
    ("template", "path", "slots"),
    [
        ("/{a}-{b}", "/x-y-z", {"a": "x-y", "b": "z"}),
        ("/{name}.{format}", "/archive.tar.gz", {"name": "archive.tar", "format": "gz"}),
        ("/v{major}.{minor}/x", "/v1.20/x", {"major": "1", "minor": "20"}),
        ("/range({from},{to})", "/range(1,2)", {"from": "1", "to": "2"}),
        ("/{id}:cancel", "/a%2Fb:cancel", {"id": "a%2Fb"}),
        ("/a b/{x}", "/a%20b/%7e%c3%a9", {"x": "~%C3%A9"}),
        ("/%7Eme/{x}", "/~me/1", {"x": "1"}),
    ],
)
def test_slots_share_segments_with_text_and_encoding_is_one_form(
    template: str, path: str, slots: dict[str, str]
) -> None:
    assert find(routes(template), path).slots == slots


@pytest.mark.parametrize("path", ["/pets", "/pets/7/", "/pets/", "//7", "/pets/7/8", "", "/pets//"])
def test_segments_and_trailing_slashes_count(path: str) -> None:
    assert routes("/pets/{id}").find("GET", path, ()) == []


def test_a_slot_of_several_segments_leaves_those_that_the_path_names() -> None:
    made = routes("/files/{path}", "/files/{path}/meta", "/files/a", many=frozenset({"path"}))
    assert find(made, "/files/a").target == "/files/a"
    assert find(made, "/files/a/b/c").slots == {"path": "a/b/c"}
    assert find(made, "/files/a/b/meta").target == "/files/{path}/meta"
    assert find(made, "/files/meta/b/meta/c").slots == {"path": "meta/b/meta/c"}


def test_styles_tell_slots_that_touch_apart() -> None:
    made = routes("/x{a}{b}", a=".", b=";")
    assert find(made, "/x.1.2;b=3;b=4").slots == {"a": ".1.2", "b": ";b=3;b=4"}
    assert find(routes("/{a}{b}"), "/xyz").slots == {"a": "xy", "b": "z"}


def test_a_query_in_the_path_is_asked_for_and_is_no_parameter() -> None:
    made = routes("/x?comp=list", "/x", "/x?comp={what}&restype=y")
    assert find(made, "/x", "a=1", "comp=list").target == "/x?comp=list"
    assert find(made, "/x", "a=1", "comp=list").query == ("a=1",)
    assert find(made, "/x", "a=1").target == "/x"
    found = find(made, "/x", "restype=y", "comp=z", "b=2")
    assert (found.slots, found.query) == ({"what": "z"}, ("b=2",))


def test_paths_that_no_address_tells_apart_are_all_given() -> None:
    found = routes("/a/{x}", "/a/{y}").find("GET", "/a/1", ())
    assert [each.slots for each in found] == [{"x": "1"}, {"y": "1"}]


def test_ten_thousand_paths_are_found_at_once() -> None:
    paths = [f"/s{number % 100}/{{id}}/r{number}/{{x}}" for number in range(10_000)]
    made = routes(*paths)
    begin = perf_counter()
    for number in range(0, 10_000, 100):
        assert find(made, f"/s{number % 100}/1/r{number}/2").target == paths[number]
    assert perf_counter() - begin < 0.1


def test_a_hostile_address_costs_little() -> None:
    made = routes("/{a}-{b}-{c}-{d}.json", "/{p}/x/{q}/y", many=frozenset({"p", "q"}))
    begin = perf_counter()
    assert made.find("GET", "/" + "-" * 60_000, ()) == []
    assert made.find("GET", "/x" * 30_000, ()) == []
    assert perf_counter() - begin < 5
