"""Ids and aliases of operations."""

from itertools import permutations

import pytest

from facade.spec.naming import Address, assign_aliases, assign_ids, slug, static_segment

LEGAL = [
    "getPetById",
    "repos/get",
    "Pets List",
    "list.all:v1",
    "__class__",
    "名前を取得",
    "größe",
    "🚀",
    "a" * 128,
]
ILLEGAL = ["", " get", "get ", "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "\ud800"]


@pytest.mark.parametrize("name", LEGAL)
def test_a_printable_operation_id_is_the_id_as_it_stands(name: str) -> None:
    assert assign_ids([Address("GET", "/a", name)]) == [name]


@pytest.mark.parametrize("name", ILLEGAL)
def test_h16_an_operation_id_that_cannot_be_typed_gives_way_to_the_path(name: str) -> None:
    assert assign_ids([Address("GET", "/a/{b}", name)]) == ["get_a_b"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", "get"),
        ("POST", "/pet/{petId}/uploadImage", "post_pet_pet_id_upload_image"),
        ("GET", "/v2/HTTPServer2Status", "get_v2_httpserver2_status"),
        ("DELETE", "/a-b/c.d//{x}{y}", "delete_a_b_c_d_x_y"),
        ("GET", "/größe/日本", "get_größe_日本"),
        ("COPY", "/a?op={op}", "copy_a_op_op"),
    ],
)
def test_method_and_path_make_a_name_in_snake_case(method: str, path: str, expected: str) -> None:
    assert slug(method, path) == expected


def test_h16_a_name_of_ten_kilobytes_is_cut_to_128_characters_and_stays_unique() -> None:
    one, other = assign_ids(
        [Address("GET", "/a", "x" * 10_000 + "1"), Address("GET", "/b", "x" * 10_000 + "2")]
    )
    assert len(one) == len(other) == 128
    assert one != other
    assert one.startswith("x" * 100)


def test_h16_all_who_claim_one_operation_id_get_a_suffix_and_keep_it_in_any_order() -> None:
    addresses = [
        Address("GET", "/a", "same"),
        Address("GET", "/b", "same"),
        Address("PUT", "/a", "same"),
        Address("GET", "/c", "other"),
    ]
    ids = dict(zip(addresses, assign_ids(addresses), strict=True))
    assert len(set(ids.values())) == 4
    assert ids[addresses[3]] == "other"
    assert all(ids[each].startswith("same_") for each in addresses[:3])
    for order in permutations(addresses):
        assert dict(zip(order, assign_ids(order), strict=True)) == ids


def test_an_operation_id_goes_before_the_name_that_a_path_makes() -> None:
    ids = assign_ids([Address("GET", "/a/b"), Address("POST", "/x", "get_a_b")])
    assert ids[1] == "get_a_b"
    assert ids[0].startswith("get_a_b_")


def test_h16_names_that_collide_after_normalising_stay_apart() -> None:
    ids = assign_ids([Address("GET", "/a/b"), Address("GET", "/a-b"), Address("GET", "/a/{b}")])
    assert len(set(ids)) == 3
    assert all(each.startswith("get_a_b_") for each in ids)


def test_h16_a_suffixed_name_never_takes_one_that_is_declared() -> None:
    first = assign_ids([Address("GET", "/a", "same"), Address("GET", "/b", "same")])
    addresses = [
        Address("GET", "/a", "same"),
        Address("GET", "/b", "same"),
        Address("GET", "/c", first[0]),
    ]
    ids = assign_ids(addresses)
    assert ids[2] == first[0]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/pet/{petId}/uploadImage", "uploadImage"),
        ("/pet/{petId}", "pet"),
        ("/pet/", "pet"),
        ("/{a}/{b}", ""),
        ("/", ""),
        ("/a/{id}.json", "a"),
        ("/a/b?c=d", "b"),
        ("/a/b#c", "b"),
        ("/a/\x07", ""),
    ],
)
def test_the_alias_is_the_last_static_segment(path: str, expected: str) -> None:
    assert static_segment(path) == expected


def test_an_alias_that_two_claim_is_nobodys() -> None:
    assert assign_aliases(["/a/find", "/b/find", "/c"], ["x", "y", "z"]) == ["", "", "c"]


def test_an_alias_never_shadows_the_id_of_another() -> None:
    assert assign_aliases(["/a/find", "/a/search"], ["search2", "find"]) == ["", "search"]
    assert assign_aliases(["/a/find"], ["find"]) == ["find"]
