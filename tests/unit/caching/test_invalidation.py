"""The paths that an unsafe request makes out of date."""

import pytest

from facade.caching.invalidation import changed_paths
from facade.model.action import Action
from facade.model.call import Headers, Reply
from tests.fakes import a_plan


@pytest.mark.parametrize(
    ("template", "target", "headers", "paths"),
    [
        ("/pets", "/v1/pets?x=1", (), {"/v1/pets"}),
        ("/pets/{id}", "/v1/pets/7", (), {"/v1/pets/7", "/v1/pets"}),
        ("/pets/{id}/", "/pets/7/", (), {"/pets/7/", "/pets/"}),
        ("/{id}", "/7", (), {"/7", "/"}),
        ("/o/{o}/p/{p}/act", "/o/1/p/2/act", (), {"/o/1/p/2/act", "/o/1/p/2", "/o/1/p"}),
        ("/pets", "/pets", (("location", "/pets/7?x"),), {"/pets", "/pets/7"}),
        ("/pets", "/pets", (("location", "//evil.example/x"),), {"/pets"}),
        ("/pets", "/pets", (("location", "http://[x"),), {"/pets"}),
        ("/pets", "/pets", (("content-location", "https://b.example/x"),), {"/pets", "/x"}),
    ],
)
def test_an_unsafe_request_changes_its_item_its_collection_and_what_it_names(
    template: str, target: str, headers: Headers, paths: set[str]
) -> None:
    action = Action(id="a", method="POST", path=template, pointer="")
    plan = a_plan(
        "https://a.example",
        action=action,
        target=target,
        elsewhere=(("https://b.example", target),),
    )
    assert changed_paths(plan, Reply(status=201, headers=headers, body=b"")) == paths
    assert changed_paths(plan, Reply(status=400, headers=headers, body=b"")) == set()
