"""What schemathesis is told of Portico, in its own process: which failures count, and one check."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import schemathesis

from tests.conformance.exceptions import BEYOND_DOCUMENTS, BEYOND_SCHEMAS

STATUSES: Mapping[str, int] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""The contract's table; 500 stands for bugs, of which there are none."""
OF_REASONS: Mapping[str, int] = {
    "BACKEND_REDIRECT": 502,
    "BACKEND_BAD_RESPONSE": 502,
    "BACKEND_ERROR": 502,
    "RESPONSE_TOO_LARGE": 502,
    "REQUEST_TOO_LARGE": 413,
    "HAS_CHILDREN": 409,
    "HOP_UNTRUSTED": 401,
}
ENDING = (
    "DELETE /v1/connectors/{connector}",
    "POST /v1/connectors/{connector}/versions:manage",
)
"""Methods after which there may be no version any more."""
OF_FIELDS: Mapping[str, int] = {"allow": 405, "accept": 415}
"""What HTTP says by a status and this field together."""


@schemathesis.check
def contract_conformance(_context: Any, response: Any, _case: Any) -> None:
    """An error of the facade's own has the status that the contract names for it."""
    if response.status_code >= 400 and not is_backends(response):
        error = response.json()["error"]
        assert error["code"] == str(response.status_code), "the body says another status"
        assert response.status_code == status_of(error, response), "no status of the contract's"


@schemathesis.hook
def before_call(_context: Any, case: Any, _options: Any) -> None:
    """What takes a connector away takes one that is there for that: calls need the other."""
    named = case.path_parameters or {}
    if case.operation.path.endswith(":watch"):  # which goes on for as long as somebody waits
        case.headers = {**(case.headers or {}), "X-Request-Timeout": "0.1"}
    if is_api(case) and named.get("connector") == "petstore" and case.operation.label in ENDING:
        case.path_parameters = {**named, "connector": "spare"}


@schemathesis.hook
def filter_failure(_context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether a failure counts."""
    excused = EXCUSES.get(type(failure).__name__)
    return excused is None or not excused(case, response)


def is_backends(response: Any) -> bool:
    """Whether the mirror says that the backend answered so."""
    return field(response, "portico-origin") == "backend"


def is_allowed(_case: Any, response: Any) -> bool:
    """Whether a 5xx is the backend's, or one that the contract has."""
    return is_backends(response) or status_of(response.json()["error"], response) >= 501


def is_beyond_schemas(case: Any, response: Any) -> bool:
    """Whether the backend refused it, or it was refused for what no schema can say."""
    if is_backends(response):
        return True
    if response.status_code != 400:
        return False
    error = response.json()["error"]
    if is_api(case) and error["reason"] in BEYOND_DOCUMENTS:
        return True
    said = [f"{each['field']}: {each['description']}" for each in error.get("violations", ())]
    return bool(said) and all(any(x.search(each) for x in BEYOND_SCHEMAS) for each in said)


def is_lenient(case: Any, response: Any) -> bool:
    """Whether null stands for what is absent, or an error is told within a success."""
    if not is_api(case):
        return False
    return "error" in response.json().get("data", {}) or has_null(case.body)


def is_other_resource(case: Any, _response: Any) -> bool:
    """Whether it is about what a pet need not have."""
    return bool(case.operation.label.endswith("/picture"))


EXCUSES: Mapping[str, Callable[[Any, Any], bool]] = {
    "ServerError": is_allowed,
    "RejectedPositiveData": is_beyond_schemas,
    "AcceptedNegativeData": is_lenient,
    "EnsureResourceAvailability": is_other_resource,
}
"""By the failure: what makes it none."""


def status_of(error: Mapping[str, str], response: Any) -> int:
    """The status that the contract has for an error."""
    named = (status for name, status in OF_FIELDS.items() if field(response, name))
    return next(named, 0) or OF_REASONS.get(error["reason"]) or STATUSES.get(error["status"], 0)


def field(response: Any, name: str) -> str:
    """A header field of an answer; empty where it has none."""
    return str(next(iter(response.headers.get(name, [])), ""))


def is_api(case: Any) -> bool:
    return bool(case.operation.path.startswith("/v1/"))


def has_null(tree: Any) -> bool:
    """Whether there is a null anywhere in what was sent."""
    try:
        return "null" in json.dumps(tree)
    except TypeError:
        return False
