import pytest

from facade.errors.caller import InvalidRequest
from facade.listing.pages import Tokens
from gateway.pages import asked_in, weight
from gateway.v1.action_pb2 import ACTION_VIEW_FULL, Action
from gateway.v1.catalog_pb2 import ListConnectorsRequest
from gateway.v1.gateway_pb2 import ListActionsRequest

PARENT = "connectors/pets/versions/live"
TOKENS = Tokens(b"key")
REQUEST = ListActionsRequest(parent=PARENT, filter="tags:pets", page_size=10)
TOKEN = TOKENS.seal(asked_in(REQUEST).held_to, "position")


def again(**changes: object) -> ListActionsRequest:
    request = ListActionsRequest(page_token=TOKEN)
    request.MergeFrom(REQUEST)
    for name, value in changes.items():
        setattr(request, name, value)
    return request


def position(request: ListActionsRequest | ListConnectorsRequest, tenant: str = "") -> str:
    asked = asked_in(request, tenant)
    return TOKENS.open(asked.held_to, asked.token)


def test_g19_a_token_opens_for_no_other_tenant() -> None:
    with pytest.raises(InvalidRequest, match="belongs to another request"):
        position(again(), "shop")


def test_a_token_opens_for_its_request_whatever_the_page_size() -> None:
    assert position(again()) == "position"
    assert position(again(page_size=3)) == "position"
    asked = asked_in(REQUEST)
    assert (asked.parent, asked.filter, asked.size) == (PARENT, "tags:pets", 10)


FOREIGN: dict[str, ListActionsRequest | ListConnectorsRequest] = {
    "another parent": again(parent="connectors/dogs/versions/live"),
    "another filter": again(filter="tags:dogs"),
    "another view": again(view=ACTION_VIEW_FULL),
    "another method": ListConnectorsRequest(filter="tags:pets", page_token=TOKEN),
}


@pytest.mark.parametrize("request_", FOREIGN.values(), ids=FOREIGN)
def test_g19_a_token_of_another_request_is_refused(
    request_: ListActionsRequest | ListConnectorsRequest,
) -> None:
    with pytest.raises(InvalidRequest):
        position(request_)


def test_an_entry_weighs_what_it_has_on_the_wire() -> None:
    assert weight(Action(name="x" * 100)) == 102
