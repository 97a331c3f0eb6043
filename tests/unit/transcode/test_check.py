from email.utils import formatdate

import orjson
import pytest

from facade.errors.backend import BackendFault
from facade.errors.fault import Code, Domain, Effect
from facade.model.call import Headers, Plan, Reply
from facade.model.policy import ErrorRule, Policy
from facade.model.retry_after import retry_after_of
from facade.transcode.check import check
from tests.fakes import a_plan, a_version

PLAN = a_plan("https://api.test", target="/v1/pets?key=1")
NOW = 1_700_000_000.0


def plan_of(*rules: ErrorRule, successes: tuple[int, ...] = ()) -> Plan:
    policy = Policy(success_statuses=successes, error_rules=rules)
    return a_plan("https://api.test", version=a_version(policy=policy))


def a_reply(status: int, body: bytes = b"", *headers: tuple[str, str]) -> Reply:
    given: Headers = headers or (("content-type", "application/json"),)
    return Reply(status=status, headers=given, body=body)


def fault_of(plan: Plan, reply: Reply, secrets: tuple[str, ...] = ()) -> BackendFault:
    with pytest.raises(BackendFault) as caught:
        check(plan, reply, secrets, now=lambda: NOW)
    fault = caught.value
    assert fault.effect is Effect.EXECUTED
    assert fault.details.facts == {"httpStatus": str(reply.status)}
    assert 0 < len(fault.message.encode()) <= 512
    assert fault.message.isprintable()
    assert len(fault.details.excerpt.encode()) <= 1024
    return fault


ROWS = [
    ((300, 301, 302, 303, 305, 307, 308, 399), Code.FAILED_PRECONDITION, "BACKEND_REDIRECT"),
    ((400, 406, 411, 413, 414, 415, 422, 431), Code.INVALID_ARGUMENT, "BACKEND_REJECTED"),
    ((401,), Code.UNAUTHENTICATED, "BACKEND_AUTH_FAILED"),
    ((403, 451), Code.PERMISSION_DENIED, "BACKEND_FORBIDDEN"),
    ((404, 410), Code.NOT_FOUND, "BACKEND_NOT_FOUND"),
    ((405, 501), Code.UNIMPLEMENTED, "BACKEND_METHOD"),
    ((408, 504), Code.DEADLINE_EXCEEDED, "BACKEND_TIMEOUT"),
    ((409,), Code.ABORTED, "BACKEND_CONFLICT"),
    (
        (402, 412, 417, 421, 423, 424, 426, 428, 407, 418, 420, 430, 450, 498),
        Code.FAILED_PRECONDITION,
        "BACKEND_REJECTED",
    ),
    ((416,), Code.OUT_OF_RANGE, "BACKEND_REJECTED"),
    ((425, 502, 503), Code.UNAVAILABLE, "BACKEND_UNAVAILABLE"),
    ((429, 507, 509), Code.RESOURCE_EXHAUSTED, "BACKEND_RATE_LIMITED"),
    ((499,), Code.CANCELLED, "BACKEND_CANCELLED"),
    ((500, 505, 506, 508, 511, 520, 599), Code.UNKNOWN, "BACKEND_ERROR"),
    ((0, 99, 100, 101, 199, 600, 999), Code.UNKNOWN, "BACKEND_ERROR"),
]
FLAT = [(status, code, reason) for statuses, code, reason in ROWS for status in statuses]


@pytest.mark.parametrize(("status", "code", "reason"), FLAT)
def test_each_status_is_the_fault_of_the_contract(status: int, code: Code, reason: str) -> None:
    fault = fault_of(PLAN, a_reply(status))
    assert (fault.status, fault.reason, fault.domain) == (code, reason, Domain.BACKEND)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 207, 226, 299])
def test_2xx_is_success(status: int) -> None:
    check(PLAN, a_reply(status, b"<broken"))


def test_d16_304_answers_the_callers_condition_and_is_no_redirect() -> None:
    check(PLAN, a_reply(304, b"surplus"))


@pytest.mark.parametrize(
    ("status", "passes"), [(200, False), (404, True), (202, True), (500, False)]
)
def test_a_versions_own_success_statuses_are_the_only_ones(status: int, *, passes: bool) -> None:
    plan = plan_of(successes=(202, 404))
    if passes:
        check(plan, a_reply(status))
    else:
        assert fault_of(plan, a_reply(status)).reason == "BACKEND_ERROR"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"code": "404", "description": "no such pet", "message": "x"}}, "no such pet"),
        ({"error": {"message": "m"}}, "m"),
        ({"error": "invalid_grant", "error_description": "expired"}, "expired"),
        ({"error": "broken"}, "broken"),
        ({"error": "Bad Request", "message": "id must be a number"}, "id must be a number"),
        ({"type": "about:blank", "title": "T", "detail": "D"}, "D"),
        ({"title": "T", "status": 400}, "T"),
        ({"errors": [{"message": "first"}, {"message": "second"}]}, "first"),
        ({"errors": [{"detail": "d", "title": "t"}]}, "d"),
        ({"errors": ["plain"]}, "plain"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
        ({"fault": {"faultstring": "f"}}, "f"),
        ([{"message": "in an array"}], "in an array"),
        ("just text", "just text"),
        ({"message": "", "detail": "  ", "title": "T"}, "T"),
        ({"message": 7}, "Not Found"),
        ({"message": None}, "Not Found"),
        ({}, "Not Found"),
        (7, "Not Found"),
    ],
)
def test_the_message_is_the_backends_own_words(body: object, message: str) -> None:
    assert fault_of(PLAN, a_reply(404, orjson.dumps(body))).message == message


def test_words_in_plain_text_are_taken_and_those_of_a_page_are_not() -> None:
    text = a_reply(400, b"\n bad id \nstack", ("content-type", "text/plain; charset=utf-8"))
    assert fault_of(PLAN, text).message == "bad id"
    page = a_reply(400, b"<html>oops", ("content-type", "text/html"))
    assert fault_of(PLAN, page).message == "Bad Request"
    assert fault_of(PLAN, page).details.excerpt == "<html>oops"


def test_json_words_in_another_charset_are_read() -> None:
    body = '{"message":"né"}'.encode("latin-1")
    reply = a_reply(400, body, ("content-type", "application/json; charset=latin-1"))
    assert fault_of(PLAN, reply).message == "né"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"{", b"[" * 100_000, b"NaN", b"1e400"])
def test_a_body_that_says_nothing_leaves_the_reason_phrase(body: bytes) -> None:
    assert fault_of(PLAN, a_reply(503, body)).message == "Service Unavailable"
    assert fault_of(PLAN, a_reply(599, body)).message == "HTTP status 599"


def test_a_message_is_one_clean_line_of_at_most_512_bytes() -> None:
    words = "a\r\nb\x1b[31m\x00\u202e" + "é" * 1000
    fault = fault_of(PLAN, a_reply(400, orjson.dumps({"message": words})))
    assert fault.message.startswith("a b [31m é")
    assert fault.message.endswith("…")


def test_l02_secrets_are_masked_in_message_and_excerpt() -> None:
    words = "bad token s3cr3t+x, s3cr3t%2Bx, czNjcjN0K3g="
    body = orjson.dumps({"message": words})
    fault = fault_of(PLAN, a_reply(400, body), ("s3cr3t+x",))
    assert fault.message == "bad token ***, ***, ***"
    assert fault.details.excerpt == '{"message":"bad token ***, ***, ***"}'


def test_l02_a_secret_far_into_a_long_message_does_not_show() -> None:
    secret = "x" * 50_000 + "end"
    fault = fault_of(PLAN, a_reply(400, orjson.dumps({"message": secret * 3})), (secret,))
    assert "x" not in fault.message
    assert "x" not in fault.details.excerpt.removeprefix('{"message":"')


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://other.test/login?next=s3cr3t#frag", "https://other.test/login"),
        ("https://user:pass@other.test:8443/a", "https://other.test:8443/a"),
        ("/v2/pets?token=1", "https://api.test/v2/pets"),
        ("cats", "https://api.test/v1/cats"),
        ("//evil.test", "https://evil.test"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("http://169.254.169.254/meta", "http://169.254.169.254/meta"),
        ("https://h.test/\r\nX: y", "https://h.test/X: y"),
    ],
)
def test_d34_a_redirect_is_not_followed_and_says_where_it_points(
    status: int, location: str, shown: str
) -> None:
    fault = fault_of(PLAN, a_reply(status, b"{}", ("location", location)))
    assert fault.message == f"redirects to {shown}, which is not followed"


def test_d18_the_first_of_two_locations_counts() -> None:
    reply = a_reply(302, b"", ("location", "/first"), ("location", "/second"))
    assert "/first," in fault_of(PLAN, reply).message


@pytest.mark.parametrize(
    "headers", [(), (("location", "http://[broken"),), (("location", "http://h:x/"),)]
)
def test_d34_a_redirect_to_nowhere_says_its_phrase(headers: Headers) -> None:
    assert fault_of(PLAN, a_reply(302, b"", *headers)).message == "Found"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("2", 2.0),
        (" 2 ", 2.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-1", 0.0),
        ("99999", 300.0),
        ("9" * 90, 300.0),
        (formatdate(NOW + 60, usegmt=True), 60.0),
        (formatdate(NOW - 60, usegmt=True), 0.0),
        (formatdate(NOW + 1e6, usegmt=True), 300.0),
        ("Tue, 14 Nov 2023 22:13:50 -0000", 30.0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30.0),
        ("Tue Nov 14 22:13:50 2023", 30.0),
        ("garbage", None),
        ("", None),
        ("1e5", None),
        ("NaN", None),
        ("Tue, 99 Nov 2023 22:13:50 GMT", None),
        ("9" * 100_000, None),
        ("\ud800", None),
    ],
)
def test_d36_retry_after_is_clamped_and_garbage_ignored(said: str, seconds: float | None) -> None:
    reply = a_reply(429, b"", ("retry-after", said))
    assert retry_after_of(reply, lambda: NOW) == seconds
    assert fault_of(PLAN, reply).details.retry_after == seconds


def test_d18_the_first_of_two_retry_afters_counts() -> None:
    reply = a_reply(503, b"", ("retry-after", "1"), ("retry-after", "2"))
    assert fault_of(PLAN, reply).details.retry_after == 1.0


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (425, 2.0),
        (429, 2.0),
        (502, 2.0),
        (503, 2.0),
        (507, 2.0),
        (509, 2.0),
        (404, None),
        (500, None),
    ],
)
def test_d36_only_what_may_succeed_later_says_when(status: int, expected: float | None) -> None:
    reply = a_reply(status, b"", ("retry-after", "2"))
    assert fault_of(PLAN, reply).details.retry_after == expected


def test_an_error_rule_names_the_code_and_the_message() -> None:
    rule = ErrorRule(
        status=409,
        pointer="/error/code",
        equals="EXISTS",
        code=Code.ALREADY_EXISTS,
        message_pointer="/error/hint",
    )
    body = b'{"error":{"code":"EXISTS","hint":"take another name","message":"m"}}'
    fault = fault_of(plan_of(rule), a_reply(409, body))
    assert (fault.status, fault.reason) == (Code.ALREADY_EXISTS, "BACKEND_CONFLICT")
    assert fault.message == "take another name"
    other = fault_of(plan_of(rule), a_reply(409, b'{"error":{"code":"STALE","message":"m"}}'))
    assert (other.status, other.message) == (Code.ABORTED, "m")


def test_an_error_rule_makes_a_fault_of_a_200() -> None:
    rule = ErrorRule(pointer="/ok", equals="false", code=Code.NOT_FOUND, message_pointer="/gone")
    plan = plan_of(rule)
    fault = fault_of(plan, a_reply(200, b'{"ok":false,"error":"channel_not_found"}'))
    assert (fault.status, fault.reason) == (Code.NOT_FOUND, "BACKEND_NOT_FOUND")
    assert fault.message == "channel_not_found"
    for body in (b'{"ok":true}', b'{"ok":"no"}', b"{}", b"broken", b""):
        check(plan, a_reply(200, body))


@pytest.mark.parametrize(
    ("equals", "value", "matches"),
    [
        ("", "null", True),
        ("", "0", True),
        ("null", "null", True),
        ("7", "7", True),
        ("7", '"7"', True),
        ("7", "8", False),
        ("true", "true", True),
        ("[1,2]", "[1, 2]", True),
    ],
)
def test_an_error_rule_compares_the_text_of_the_value(
    equals: str, value: str, *, matches: bool
) -> None:
    plan = plan_of(ErrorRule(pointer="/a~1b/0", equals=equals, code=Code.ABORTED))
    reply = a_reply(200, f'{{"a/b":[{value}]}}'.encode())
    if matches:
        assert fault_of(plan, reply).status is Code.ABORTED
    else:
        check(plan, reply)


@pytest.mark.parametrize(
    "pointer", ["/a/1", "/a/-1", "/a/x", "/a/²", "/a/99999999999", "/b", "/a/0/x"]
)
def test_a_pointer_that_leads_nowhere_matches_nothing(pointer: str) -> None:
    check(plan_of(ErrorRule(pointer=pointer, code=Code.ABORTED)), a_reply(200, b'{"a":[1]}'))


def test_the_first_rule_that_matches_counts() -> None:
    plan = plan_of(
        ErrorRule(status=400, code=Code.OUT_OF_RANGE),
        ErrorRule(status=400, code=Code.NOT_FOUND),
        ErrorRule(code=Code.UNAVAILABLE),
    )
    assert fault_of(plan, a_reply(400)).status is Code.OUT_OF_RANGE
    assert fault_of(plan, a_reply(404)).status is Code.UNAVAILABLE
    check(plan, a_reply(200))


def test_a_rule_of_ok_makes_a_success() -> None:
    check(plan_of(ErrorRule(status=404, code=Code.OK)), a_reply(404))


@pytest.mark.parametrize("code", [each for each in Code if each is not Code.OK])
def test_a_rule_may_name_every_code_but_internal_stays_ours(code: Code) -> None:
    fault = fault_of(plan_of(ErrorRule(status=200, code=code)), a_reply(200))
    assert fault.status is (Code.UNKNOWN if code is Code.INTERNAL else code)
