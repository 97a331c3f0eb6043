import pytest
from google.protobuf.message import Message

from gateway.interceptors.base import facts_of
from gateway.v1.catalog_pb2 import ListConnectorsRequest, ValidateSpecRequest
from gateway.v1.gateway_pb2 import ExecuteActionRequest, ManageVersionsRequest

ACTION = "connectors/github/versions/live/actions/repos/get"


@pytest.mark.parametrize(
    ("request_", "facts"),
    [
        (
            ExecuteActionRequest(name=ACTION),
            {"connector": "github", "version": "live", "action": "repos/get"},
        ),
        (ManageVersionsRequest(parent="connectors/shop"), {"connector": "shop"}),
        (ExecuteActionRequest(name="nonsense"), {}),
        (ListConnectorsRequest(), {}),
        (ValidateSpecRequest(spec_text="{}"), {}),
    ],
)
def test_a_fault_names_whom_the_request_was_about(request_: Message, facts: dict[str, str]) -> None:
    assert facts_of(request_) == facts
