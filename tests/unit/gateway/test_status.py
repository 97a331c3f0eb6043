from typing import Any

import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, Help, ResourceInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from facade.errors.backend import BackendError, BackendRateLimited
from facade.errors.caller import InvalidParameters, VersionNotFound
from facade.errors.fault import Code, Details, Effect, Fault, Resource, Violation
from facade.errors.service import Overloaded
from gateway.status import MAX_DETAILS, Statuses, to_status


def unpack(status: Status, kind: type[Any]) -> list[Any]:
    found = []
    for each in status.details:
        message = kind()
        if each.Unpack(message):
            found.append(message)
    return found


def info(status: Status) -> ErrorInfo:
    found: ErrorInfo
    (found,) = unpack(status, ErrorInfo)
    return found


def subclasses(kind: type[Fault]) -> list[type[Fault]]:
    children = kind.__subclasses__()
    return [kind, *(each for child in children for each in subclasses(child))]


FAULTS = [
    each
    for each in subclasses(Fault)
    if hasattr(each, "reason") and each.__module__.startswith("facade.errors.")
]


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.reason)
def test_every_fault_carries_code_reason_domain_outcome_and_help(kind: type[Fault]) -> None:
    status = to_status(kind("It is so."))
    assert status.code == kind.code
    assert status.message == "It is so."
    assert info(status).reason == kind.reason
    assert info(status).domain == kind.domain
    assert info(status).metadata["outcome"] == kind.effect
    (link,) = unpack(status, Help)[0].links
    assert link.url == f"docs/errors.md#{kind.reason.lower()}"
    assert link.description == kind.remedy


def test_the_code_and_the_outcome_of_the_instance_count() -> None:
    status = to_status(BackendError("no", code=Code.ALREADY_EXISTS, effect=Effect.UNKNOWN))
    assert status.code == Code.ALREADY_EXISTS
    assert info(status).metadata["outcome"] == "UNKNOWN"


def test_facts_the_trace_and_the_excerpt_stand_in_the_metadata() -> None:
    details = Details(facts={"connector": "pets", "httpStatus": "500"}, excerpt="out\nof order")
    assert dict(info(to_status(BackendError("no", details=details), "ab" * 16)).metadata) == {
        "connector": "pets",
        "httpStatus": "500",
        "outcome": "EXECUTED",
        "traceId": "ab" * 16,
        "excerpt": "out of order",
    }


def test_violations_a_resource_with_suggestions_and_a_delay_have_their_details() -> None:
    violations = tuple(Violation(field=f"/{n}", description="wrong") for n in range(3))
    status = to_status(InvalidParameters("no", details=Details(violations=violations)))
    assert [each.field for each in unpack(status, BadRequest)[0].field_violations] == [
        "/0",
        "/1",
        "/2",
    ]
    resource = Resource(type="gateway.v1/Action", name="a/b", suggestions=("a/c", "a/d"))
    status = to_status(VersionNotFound("no", details=Details(resource=resource)))
    (told,) = unpack(status, ResourceInfo)
    assert (told.resource_type, told.resource_name) == ("gateway.v1/Action", "a/b")
    assert told.description == "Did you mean `a/c`, `a/d`?"
    status = to_status(BackendRateLimited("no", details=Details(retry_after=1.5)))
    assert unpack(status, RetryInfo)[0].retry_delay.ToMilliseconds() == 1500


def size(status: Status) -> int:
    return sum(each.ByteSize() for each in status.details)


def test_of_too_much_the_excerpt_is_cut_first() -> None:
    violations = tuple(Violation(field=f"/f{n}", description="d" * 100) for n in range(30))
    details = Details(violations=violations, excerpt="ä" * 1000)
    status = to_status(BackendError("no", details=details))
    assert len(unpack(status, BadRequest)[0].field_violations) == 30
    assert info(status).metadata["excerpt"].endswith("ä…")
    assert MAX_DETAILS - 200 < size(status) <= MAX_DETAILS


def test_then_the_last_violations_are_counted_and_not_told() -> None:
    violations = tuple(Violation(field=f"/f{n}", description="d" * 100) for n in range(500))
    details = Details(violations=violations, excerpt="x" * 1000)
    status = to_status(BackendError("no", details=details))
    told = unpack(status, BadRequest)[0].field_violations
    assert told[0].field == "/f0"
    assert told[-1].description == f"… and {500 - len(told) + 1} more"
    assert "excerpt" not in info(status).metadata
    assert MAX_DETAILS - 300 < size(status) <= MAX_DETAILS
    assert status == to_status(BackendError("no", details=details))


def test_whatever_is_in_a_fault_the_details_stay_within_their_size() -> None:
    huge = "☃" * 100_000
    details = Details(
        violations=(Violation(field=huge, description=huge),) * 50,
        resource=Resource(type=huge, name=huge, suggestions=(huge, huge, huge, huge)),
        retry_after=1e9,
        facts={f"key{n}": huge for n in range(9)},
        excerpt=huge,
    )
    status = to_status(BackendError(huge, details=details), "ab" * 16)
    assert size(status) <= MAX_DETAILS
    assert len(status.message.encode()) <= 1024


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\r\nb", "a  b"),
        ("a\0b\x1b[31mc\x7f", "a b [31mc"),
        ("\u2028\u202e", ""),
        ("lone \udcff surrogate", "lone   surrogate"),
        ("snow ☃ and 🎉", "snow ☃ and 🎉"),
        ("50 %", "50 %"),
    ],
)
def test_a30_the_message_is_one_clean_line(text: str, told: str) -> None:
    violation = Violation(field=text, description=text)
    status = to_status(InvalidParameters(text, details=Details(violations=(violation,))))
    assert status.message == told
    assert unpack(status, BadRequest)[0].field_violations[0].description == told
    rpc_status.to_status(status)


@pytest.mark.parametrize("sign", ["a", "☃", "🎉", "%"])
def test_a30_a_message_of_a_megabyte_is_cut_to_1_kib_on_the_wire(sign: str) -> None:
    status = to_status(BackendError(sign * 1_000_000))
    wire = sum(1 if 32 <= byte < 127 and byte != 37 else 3 for byte in status.message.encode())
    assert 1000 < wire <= 1024
    assert status.message.endswith("…")
    assert status.code == Code.UNKNOWN


def test_a_status_that_stays_written_is_the_same_in_every_trace_but_for_its_id() -> None:
    statuses = Statuses()
    full = Overloaded("full", details=Details(retry_after=0.5))
    for trace in ("ab" * 16, "12" * 16, "", "short"):
        message, written = statuses.write(full, trace)
        assert Status.FromString(written) == to_status(full, trace)
        assert message == "full"
    other = Overloaded("full", details=Details(retry_after=0.6))
    told = Overloaded("full", details=Details(retry_after=0.5, facts={"connector": "shop"}))
    for each in (other, told):
        assert Status.FromString(statuses.write(each, "ab" * 16)[1]) == to_status(each, "ab" * 16)
