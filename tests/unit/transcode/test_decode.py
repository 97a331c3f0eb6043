import time

import orjson
import pytest
from msgspec import structs

from facade.errors.backend import BackendBadResponse
from facade.errors.fault import Code, Effect
from facade.model.action import Action, Media, Response
from facade.model.call import Exchange, Headers, Outcome, Plan, Reply
from facade.model.policy import Policy, ResponseValidation
from facade.transcode import decode as decoding
from facade.transcode.answers import Answers
from tests.fakes import a_plan, a_version

EXCHANGE = Exchange(method="GET", uri="http://h/", request_headers=())
JSON = "application/json"


def a_response(status: str = "200", *types: str) -> Response:
    return Response(status=status, media=tuple(Media(type=each) for each in types))


def plan_of(*responses: Response, method: str = "GET") -> Plan:
    action = Action(id="getPet", method=method, path="/", pointer="/x", responses=responses)
    return a_plan("http://h", action=action, method=method)


def a_reply(
    body: bytes, content_type: str | None = JSON, status: int = 200, *, complete: bool = True
) -> Reply:
    headers: Headers = () if content_type is None else (("content-type", content_type),)
    return Reply(status=status, headers=headers, body=body, complete=complete)


def decode(plan: Plan, reply: Reply, exchange: Exchange, secrets: tuple[str, ...] = ()) -> Outcome:
    return decoding.decode(plan, reply, exchange, secrets, Answers(plan.action), seen=True)


PLAIN_JSON = plan_of(a_response("200", JSON))


def bad(plan: Plan, reply: Reply, secrets: tuple[str, ...] = ()) -> BackendBadResponse:
    with pytest.raises(BackendBadResponse) as caught:
        decode(plan, reply, EXCHANGE, secrets)
    fault = caught.value
    assert (fault.status, fault.effect) == (Code.UNKNOWN, Effect.EXECUTED)
    assert len(fault.message.encode()) <= 512
    assert len(fault.details.excerpt.encode()) <= 1024
    assert fault.details.facts["httpStatus"] == str(reply.status)
    return fault


def warnings(outcome: Outcome) -> tuple[str, ...]:
    return outcome.exchange.warnings


@pytest.mark.parametrize(
    "body",
    [
        b'{ "z":9007199254740993,\n"a":0.10, "e":1e400 }\n',
        b"[1, 2.0]",
        b"7",
        b'"x"',
        b"null",
        b'{"a":1,"a":2}',
    ],
)
def test_json_comes_back_untouched(body: bytes) -> None:
    outcome = decode(PLAIN_JSON, a_reply(body), EXCHANGE)
    assert outcome.json is body
    assert outcome.body is None
    assert warnings(outcome) == ()


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, "200"), (201, "2XX"), (299, "2XX"), (404, "4xx"), (500, "default"), (304, "default")],
)
def test_a_response_is_selected_by_status_then_range_then_default(
    status: int, expected: str
) -> None:
    declared = [a_response(each) for each in ("default", "4xx", "2XX", "200")]
    found = Answers(plan_of(*declared).action).select(status)
    assert found is not None
    assert found.status == expected


def test_a_status_of_no_declared_kind_selects_nothing() -> None:
    assert Answers(plan_of(a_response("200")).action).select(201) is None


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (JSON, "application/json; charset=utf-8"),
        (JSON, "Application/JSON"),
        ("application/json;version=1", JSON),
        ("application/vnd.pet+json", JSON),
        (JSON, "application/problem+json"),
        ("*/*", JSON),
        ("application/*", "application/vnd.x+json"),
    ],
)
def test_types_match_whatever_their_parameters_case_and_suffix(declared: str, said: str) -> None:
    outcome = decode(plan_of(a_response("200", declared)), a_reply(b"{}", said), EXCHANGE)
    assert outcome.json == b"{}"
    assert warnings(outcome) == ()


@pytest.mark.parametrize(
    ("declared", "said"),
    [("image/*", "image/png"), ("*/*", "a/b"), ("text/plain", "text/plain;charset=latin-1")],
)
def test_what_is_not_json_comes_back_as_its_bytes_and_type(declared: str, said: str) -> None:
    outcome = decode(plan_of(a_response("200", declared)), a_reply(b"\xe9{", said), EXCHANGE)
    assert (outcome.json, outcome.body, outcome.content_type) == (None, b"\xe9{", said)
    assert warnings(outcome) == ()


@pytest.mark.parametrize(
    ("status", "method"),
    [(204, "GET"), (205, "GET"), (304, "GET"), (200, "HEAD")],
)
def test_d16_an_answer_that_has_no_content_has_no_output_whatever_follows(
    status: int, method: str
) -> None:
    plan = plan_of(a_response("2XX", JSON), a_response("304"), method=method)
    outcome = decode(plan, a_reply(b"<html>not JSON", JSON, status), EXCHANGE)
    assert (outcome.json, outcome.body, outcome.content_type) == (None, None, "")
    assert warnings(outcome) == ()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"", JSON), (b"", "text/html"), (b"", None), (b" ", JSON), (b"\r\n", None)],
)
def test_an_empty_answer_has_no_output(body: bytes, content_type: str | None) -> None:
    outcome = decode(PLAIN_JSON, a_reply(body, content_type), EXCHANGE)
    assert (outcome.json, outcome.body) == (None, None)
    assert warnings(outcome) == ()


def test_d18_two_content_types_that_differ_are_a_bad_response() -> None:
    reply = Reply(
        status=200,
        headers=(("content-type", "text/html"), ("content-type", JSON)),
        body=b"{}",
    )
    fault = bad(PLAIN_JSON, reply)
    assert "text/html" in fault.message
    assert JSON in fault.message


def test_d18_the_same_content_type_twice_is_one() -> None:
    headers = (("content-type", JSON), ("content-type", "Application/JSON"))
    assert decode(PLAIN_JSON, Reply(status=200, headers=headers, body=b"{}"), EXCHANGE).json


@pytest.mark.parametrize(
    "said", ["t\xe9xt/pl\xe4in", "text/\x00plain", "\ud800/x", "text", "a b/c"]
)
def test_d19_a_content_type_that_is_none_never_leaves(said: str) -> None:
    outcome = decode(plan_of(a_response("200", "text/plain")), a_reply(b"x", said), EXCHANGE)
    assert (outcome.body, outcome.content_type) == (b"x", "application/octet-stream")
    assert len(warnings(outcome)) == 1
    assert warnings(outcome)[0].isprintable()


@pytest.mark.parametrize(
    "body",
    [b"NaN", b'{"a":Infinity}', b'{"a":1} trailing', b'{"a":', b"{'a':1}", b"<html>", b'"\xff"'],
)
def test_d20_broken_json_is_a_bad_response_with_an_excerpt(body: bytes) -> None:
    fault = bad(PLAIN_JSON, a_reply(body))
    assert JSON in fault.message
    assert fault.details.excerpt


def test_d20_the_excerpt_is_bounded_and_secrets_are_masked() -> None:
    fault = bad(PLAIN_JSON, a_reply(b"{ token=s3cr3t-token " * 10_000), ("s3cr3t-token",))
    assert "s3cr3t-token" not in fault.details.excerpt
    assert "***" in fault.details.excerpt


@pytest.mark.parametrize(
    "said", ["text/html; charset=utf-8", "application/octet-stream", "image/png"]
)
def test_d21_another_type_where_only_json_is_declared_is_a_bad_response(said: str) -> None:
    fault = bad(PLAIN_JSON, a_reply(b"<html>Log in</html>", said))
    assert said in fault.message
    assert JSON in fault.message
    assert "Log in" in fault.details.excerpt


def test_d21_html_is_delivered_where_more_than_json_is_declared() -> None:
    plan = plan_of(a_response("200", JSON, "application/xml"))
    outcome = decode(plan, a_reply(b"<html>", "text/html"), EXCHANGE)
    assert outcome.body == b"<html>"
    assert "text/html is not declared" in warnings(outcome)[0]


@pytest.mark.parametrize("body", [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000])
def test_d22_json_100_000_deep_is_a_bad_response(body: bytes) -> None:
    bad(PLAIN_JSON, a_reply(body))


def test_d22_a_million_keys_pass_in_bounded_time() -> None:
    body = orjson.dumps({f"key{index}": index for index in range(1_000_000)})
    start = time.perf_counter()
    assert decode(PLAIN_JSON, a_reply(body), EXCHANGE).json is body
    assert time.perf_counter() - start < 2


def held(mode: ResponseValidation) -> Plan:
    media = Media(type=JSON, schema={"type": "object", "additionalProperties": {"type": "null"}})
    plan = plan_of(Response(status="200", media=(media,)))
    return structs.replace(plan, version=a_version(policy=Policy(response_validation=mode)))


@pytest.mark.parametrize("secret", ["s3cr3t-token", "s3cr3t/tok~en"])
def test_d23_a_body_that_breaks_its_schema_is_delivered_and_secrets_are_masked(
    secret: str,
) -> None:
    reply = a_reply(orjson.dumps({secret: 1}))
    outcome = decode(held(ResponseValidation.WARN), reply, EXCHANGE, (secret,))
    assert outcome.json == reply.body
    assert warnings(outcome) == (
        "the answer does not fit its schema at /***: must be null, not integer",
    )


def test_d23_a_body_that_breaks_an_enforced_schema_is_a_bad_response_and_secrets_are_masked() -> (
    None
):
    reply = a_reply(orjson.dumps({f"s3cr3t-token{index}" * 20: 1 for index in range(30)}))
    fault = bad(held(ResponseValidation.ENFORCE), reply, ("s3cr3t-token",))
    assert len(fault.details.violations) == 21
    assert fault.details.violations[20].description == "… and 10 more"
    assert "s3cr3t" not in repr((fault.message, fault.details))


def test_a_content_type_that_is_a_range_says_nothing() -> None:
    assert decode(PLAIN_JSON, a_reply(b"7", "*/*"), EXCHANGE).json == b"7"
    outcome = decode(plan_of(a_response("200", "*/*")), a_reply(b"x", "*/*"), EXCHANGE)
    assert (outcome.body, outcome.content_type) == (b"x", "application/octet-stream")


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ('{"a":"é"}'.encode("utf-16"), "utf-8"),
        ('{"a":"é"}'.encode("utf-16-be"), ""),
        ('{"a":"é"}'.encode("latin-1"), "utf-8"),
        (b'{"a":1}', "utf-16"),
        (b"{}", "klingon"),
        (b"{}", "punycode"),
    ],
)
def test_d24_a_charset_that_is_a_lie_is_a_bad_response(body: bytes, charset: str) -> None:
    said = f"{JSON}; charset={charset}" if charset else JSON
    bad(PLAIN_JSON, a_reply(body, said))


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "windows-1252", "utf-16le"])
def test_json_in_another_charset_comes_back_in_utf_8(charset: str) -> None:
    said = f'{JSON}; Charset="{charset}"'
    outcome = decode(PLAIN_JSON, a_reply('{"a":"é"}'.encode(charset), said), EXCHANGE)
    assert outcome.json == '{"a":"é"}'.encode()


@pytest.mark.parametrize("body", [b'{"a":1}', b" [1]"])
def test_without_a_content_type_objects_and_arrays_are_json(body: bytes) -> None:
    outcome = decode(plan_of(a_response("200")), a_reply(body, None), EXCHANGE)
    assert outcome.json == body


@pytest.mark.parametrize("body", [b"7", b'"x"', b"{oops", b"<html>"])
def test_without_a_content_type_anything_else_is_bytes(body: bytes) -> None:
    outcome = decode(plan_of(a_response("200")), a_reply(body, None), EXCHANGE)
    assert (outcome.body, outcome.content_type) == (body, "application/octet-stream")
    assert "no content type" in warnings(outcome)[0]


def test_without_a_content_type_what_is_declared_as_json_must_be_json() -> None:
    assert decode(PLAIN_JSON, a_reply(b"7", None), EXCHANGE).json == b"7"
    assert "no content type" in bad(PLAIN_JSON, a_reply(b"<html>", None)).message


@pytest.mark.parametrize("said", ["text/plain", "text/html; charset=utf-8"])
def test_json_that_is_sent_as_text_is_json_where_only_json_is_declared(said: str) -> None:
    outcome = decode(PLAIN_JSON, a_reply(b'{"a":1}', said), EXCHANGE)
    assert outcome.json == b'{"a":1}'
    assert said in warnings(outcome)[0]


def test_an_undeclared_status_is_delivered_with_a_warning() -> None:
    outcome = decode(PLAIN_JSON, a_reply(b"<p>", "text/html", 202), EXCHANGE)
    assert outcome.body == b"<p>"
    assert warnings(outcome) == ("status 202 is not declared",)


def test_content_where_none_is_declared_is_delivered_with_a_warning() -> None:
    outcome = decode(plan_of(a_response("200")), a_reply(b"{}"), EXCHANGE)
    assert outcome.json == b"{}"
    assert "no content is declared for status 200" in warnings(outcome)[0]


def test_keys_that_are_no_media_types_declare_nothing() -> None:
    outcome = decode(plan_of(a_response("200", "links")), a_reply(b"{}"), EXCHANGE)
    assert outcome.json == b"{}"


def test_the_warnings_of_an_exchange_are_kept() -> None:
    exchange = Exchange(method="GET", uri="", request_headers=(), warnings=("first",))
    outcome = decode(plan_of(), a_reply(b"{}"), exchange)
    assert outcome.exchange.warnings == ("first", "status 200 is not declared")


def test_d09_a_cut_answer_is_a_bad_response_where_its_json_does_not_parse() -> None:
    fault = bad(PLAIN_JSON, a_reply(b'{"a":', complete=False))
    assert "cut off" in fault.message


def test_d09_an_answer_whose_end_is_unknown_is_delivered_with_a_warning() -> None:
    outcome = decode(PLAIN_JSON, a_reply(b"{}", complete=False), EXCHANGE)
    assert outcome.json == b"{}"
    assert "ended with the connection" in warnings(outcome)[0]
