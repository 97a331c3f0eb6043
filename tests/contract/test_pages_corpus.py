"""Real documents of many publishers: which of their actions page, and by which rule."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from facade.errors.caller import InvalidSpec
from facade.model.action import Action
from facade.model.paging import COUNTED, PageKind, PageRule
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.transcode.paging.rule import settle_rule

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
DOCUMENTS = (
    *("box__box.json", "meilisearch__meilisearch.json", "mistralai__mistral.yaml"),
    *("microsoft__azuread.json", "microsoft__celonis.json", "goharbor__harbor.yaml"),
    *("pokeapi__pokeapi.yaml", "openfga__openfga.json", "figma__figma.yaml"),
    *("apis-guru__mist.com.json", "sonallux__spotify-official.yaml", "line__messaging.yaml"),
    *("apis-guru__googleapis.com-gmail.json", "microsoft__calendly.json"),
)

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the corpus of real documents is absent"
)


@cache
def actions(name: str) -> dict[str, Action]:
    try:
        document, _ = load((CORPUS / name).read_bytes())
    except InvalidSpec:
        return {}
    spec = Spec(document)
    return {each: spec.action(each) for each in spec.ids}


def told(rule: PageRule | None) -> tuple[PageKind, str, str] | None:
    if rule is None:
        return None
    return rule.kind, "/".join(rule.next) or rule.header, "/".join(rule.parameter)


@pytest.mark.parametrize(
    ("document", "action", "rule"),
    [
        ("box__box.json", "get_storage_policies", ("cursor", "next_marker", "marker")),
        ("box__box.json", "get_groups", ("offset", "", "offset")),
        ("meilisearch__meilisearch.json", "get_tasks", ("cursor", "next", "from")),
        ("microsoft__azuread.json", "GetGroupMembers", ("next_url", "@odata.nextLink", "")),
        ("goharbor__harbor.yaml", "listRetentionTasks", ("link", "", "")),
        ("pokeapi__pokeapi.yaml", "move_learn_method_list", ("next_url", "next", "")),
        ("microsoft__celonis.json", "getSubscriptions", ("page", "", "page")),
        ("sonallux__spotify-official.yaml", "get-recently-played", ("next_url", "next", "")),
        ("line__messaging.yaml", "getJoinedMembershipUsers", ("cursor", "next", "start")),
        (
            "microsoft__calendly.json",
            "GetEventTypes",
            ("cursor", "pagination/next_page_token", "page_token"),
        ),
        ("apis-guru__mist.com.json", "searchSiteClientWirelessSessions", None),
    ],
)
def test_real_actions_have_the_rule_that_their_documents_describe(
    document: str, action: str, rule: tuple[str, str, str] | None
) -> None:
    assert told(actions(document)[action].paging) == rule


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_rule_can_be_followed(document: str) -> None:
    for action in actions(document).values():
        rule = action.paging
        if rule is None:
            continue
        assert settle_rule(action, rule).kind is rule.kind
        assert rule.items is not None
        assert rule.kind not in COUNTED or rule.start in (0, 1)
        assert rule.source in {"convention", "x-ms-pageable", "x-speakeasy-pagination"}


def test_actions_that_change_things_have_none_by_convention() -> None:
    kinds = Counter(
        (action.method, action.paging.kind)
        for document in DOCUMENTS
        for action in actions(document).values()
        if action.paging and action.paging.source == "convention"
    )
    assert {method for method, _ in kinds} == {"GET"}
    assert kinds.total() > 200
