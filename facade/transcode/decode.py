"""Reply to Outcome: which declared response it is, and whether it is what it says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from facade.errors.backend import BackendBadResponse
from facade.errors.fault import Details, Violation
from facade.model.call import Exchange, Outcome, Plan, Reply
from facade.model.policy import ResponseValidation
from facade.transcode.accept import accept, accepts
from facade.transcode.answers import Answers, Expected
from facade.transcode.arguments import pointer
from facade.transcode.fit import misfits
from facade.transcode.json_sequence import is_array, separator_of, to_array
from facade.transcode.json_text import is_json, sniffs_as_json, to_utf8
from facade.transcode.media_type import MediaType
from facade.transcode.redact import excerpt, one_line, shown
from facade.transcode.xml.read import read_xml
from facade.transcode.xml.tree import XmlDefect

NO_CONTENT = frozenset({204, 205, 304})
"""Statuses whose answers have no content, whatever follows (RFC 9110 section 15)."""

OCTETS = "application/octet-stream"
"""What content is of which no more is known (RFC 9110 section 8.3)."""

SHOWN = 100
"""How many bytes of a backend's media type are repeated to the caller."""
POINTER = 200
"""How many bytes of a pointer into an answer are."""

LARGEST = 2**20
"""Bytes of an answer that is held to its schema only where the version enforces it."""

UNDECLARED = Expected(status="", media=(), json_alone=False)
"""What is expected of a status of which the document says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply beside what the document says of it."""

    plan: Plan
    reply: Reply
    expected: Expected
    type: MediaType | None
    """None: the reply does not say its type, or says none that is one."""
    said: str
    """The reply's Content-Type as it came."""
    secrets: Sequence[str]

    @property
    def named(self) -> str:
        """The reply's own media type, for people."""
        return one_line(self.said, SHOWN) or "of no content type"

    @property
    def wanted(self) -> str:
        """The declared media types, for people."""
        return one_line(", ".join(each.text for each, _ in self.expected.media), SHOWN)

    @property
    def charset(self) -> str:
        """The charset that the reply says; empty where it says none."""
        return self.type.charset if self.type else ""

    def broken(self, message: str, violations: Sequence[Violation] = ()) -> BackendBadResponse:
        """Says why the reply cannot be believed, with the beginning of it."""
        return bad_response(message, self.reply, self.secrets, violations)


def bad_response(
    message: str, reply: Reply, secrets: Sequence[str], violations: Sequence[Violation] = ()
) -> BackendBadResponse:
    """Makes the fault of an answer that breaks HTTP, its own content type or its schema."""
    return BackendBadResponse(
        message,
        details=Details(
            violations=tuple(violations),
            facts={"httpStatus": str(reply.status)},
            excerpt=excerpt(reply.body, secrets),
        ),
    )


def _content_type(reply: Reply, secrets: Sequence[str]) -> str:
    """The one Content-Type; two that differ leave the content without a meaning."""
    said = [value.strip() for name, value in reply.headers if name == "content-type"]
    if len({" ".join(each.lower().split()) for each in said}) > 1:
        shown = " and ".join(one_line(each, SHOWN) for each in said[:2])
        raise bad_response(f"the answer has two content types: {shown}", reply, secrets)
    return said[0] if said else ""


def _is_blank(reply: Reply, kind: MediaType | None) -> bool:
    """Whether JSON is left out: some frameworks write white space where there is none."""
    return (kind is None or kind.is_json) and reply.body.isspace()


def _json(answer: Answer) -> bytes:
    """The body as JSON in UTF-8: untouched where it is that already."""
    data = to_utf8(answer.reply.body, answer.charset)
    if data is None:
        charset = one_line(answer.charset, SHOWN) or "utf-8"
        raise answer.broken(f"the answer is {answer.named}, and its text is not {charset}")
    if not is_json(data):
        cut = "" if answer.reply.complete else "; it may have been cut off"
        raise answer.broken(f"the answer is {answer.named}, and is not valid JSON{cut}")
    return data


def _sniffed(answer: Answer) -> bytes | None:
    """The body as JSON where it is an object or array, though its type does not say so."""
    data = to_utf8(answer.reply.body, answer.charset)
    return data if data is not None and sniffs_as_json(data) else None


def _sequence(answer: Answer, kind: MediaType) -> bytes | None:
    """JSON values in a row as one array, where the schema of the whole says array (OAS 3.2)."""
    separator = separator_of(kind)
    media = answer.expected.nearest(kind) if separator else None
    if separator is None or media is None or not is_array(media):
        return None
    data = to_utf8(answer.reply.body, answer.charset)
    array = None if data is None else to_array(data, separator)
    if array is None:
        raise answer.broken(f"the answer is {answer.named}, and its items are not valid JSON")
    return array


def _xml(answer: Answer, kind: MediaType) -> bytes | None:
    """XML as JSON, where the declared schema gives it a shape."""
    media = answer.expected.nearest(kind) if kind.is_xml else None
    element = media.xml if media else None
    if element is None:
        return None
    try:
        return read_xml(answer.reply.body, element, kind.charset).encode()
    except XmlDefect as defect:
        raise answer.broken(f"the answer is {answer.named}, and {defect.message}") from None


def _chosen(answer: Answer) -> bool:
    """Whether the type is one that the caller asked for, in place of the declared ones."""
    said = next((value for name, value in answer.plan.headers if name.lower() == "accept"), "")
    if answer.type is None or said == accept(answer.plan.action):
        return False
    return accepts(said, answer.type)


def _converted(answer: Answer) -> bytes | None:
    """What is JSON, or becomes it by its declaration; None for any other content."""
    if answer.type is None:
        return _json(answer) if answer.expected.json_alone else _sniffed(answer)
    if answer.type.is_json:
        return _json(answer)
    if answer.expected.json_alone and answer.type.is_text:
        return _sniffed(answer)
    return _xml(answer, answer.type) or _sequence(answer, answer.type)


def _output(answer: Answer) -> tuple[bytes | None, bytes | None]:
    """The output as JSON, or as the body that it is.

    Text that is JSON all the same is taken for it where nothing else is declared. Anything else
    there that nobody asked for is not the backend's answer: a login page, a proxy's error.
    """
    data = _converted(answer)
    if data is not None:
        return data, None
    if answer.expected.json_alone and not _chosen(answer):
        raise answer.broken(f"the answer is {answer.named}, where {answer.wanted} is declared")
    return None, answer.reply.body


def _as_declared(kind: MediaType, expected: Expected) -> bool:
    """Whether the document names the type; any JSON will do where JSON is declared."""
    return any(each.covers(kind) or (each.is_json and kind.is_json) for each, _ in expected.media)


def _warnings(answer: Answer, *, empty: bool) -> Iterator[str]:
    """What the document does not say of the answer, and what cannot be known of it."""
    status, expected = answer.reply.status, answer.expected
    if expected is UNDECLARED:
        yield f"status {status} is not declared"
    elif not empty and not expected.media:
        yield f"no content is declared for status {status}; the answer is {answer.named}"
    elif not empty and not answer.said:
        yield f"the answer does not say its type; declared for status {status}: {answer.wanted}"
    elif not empty and (answer.type is None or not _as_declared(answer.type, expected)):
        yield f"{answer.named} is not declared for status {status}; declared: {answer.wanted}"
    if not empty and not answer.reply.complete:
        yield "the answer ended with the connection: whether it is whole cannot be known"


def _held(answer: Answer, data: bytes, answers: Answers, *, seen: bool) -> list[str]:
    """Holds JSON to its declared schema, if that is due; says each thing that does not fit."""
    policy = answer.plan.version.policy.response_validation
    media = answer.expected.schema_for(answer.type)
    if media is None or not answers.due(policy, seen=seen):
        return []
    enforced = policy is ResponseValidation.ENFORCE
    if len(data) > LARGEST and not enforced:
        words = f"the answer is larger than {LARGEST} bytes: it was not held to its schema"
        return [words] if seen else []
    found = misfits(answer.expected.check(media), data)
    answers.count(fits=not found)
    violations = [_masked(each, answer.secrets) for each in found]
    if violations and enforced:
        status, first = answer.expected.status, _told(violations[0])
        message = f"the answer does not fit the schema that is declared for status {status}{first}"
        raise answer.broken(message, violations)
    return [f"the answer does not fit its schema{_told(each)}" for each in violations]


def _masked(violation: Violation, secrets: Sequence[str]) -> Violation:
    """A violation whose pointer, made of the backend's own names, may be shown."""
    escaped = (pointer((each,))[1:] for each in secrets)
    return replace(violation, field=shown(violation.field, (*secrets, *escaped), POINTER))


def _told(violation: Violation) -> str:
    at = f" at {violation.field}" if violation.field else ""
    return f"{at}: {violation.description}"


def _facts(plan: Plan) -> Mapping[str, str]:
    """Who answered, by canonical ids."""
    name = plan.version.name
    return {"connector": name.connector, "version": name.version, "action": plan.action.id}


def decode(
    plan: Plan,
    reply: Reply,
    exchange: Exchange,
    secrets: Sequence[str],
    answers: Answers,
    *,
    seen: bool,
) -> Outcome:
    """Makes the outcome of a reply that `check` has passed; what is undeclared becomes a warning.

    JSON is proven to be JSON and otherwise not touched, but for a charset other than UTF-8.
    `answers` are those of the plan's action; `seen` tells whether the warnings are shown. Raises
    BackendBadResponse, `secrets` masked, for an answer that is not what it says it is, that is
    something else where only JSON is declared, or that breaks a schema which is enforced.
    """
    empty = plan.method == "HEAD" or reply.status in NO_CONTENT or not reply.body
    said = "" if empty else _content_type(reply, secrets)
    kind = answers.type_of(said)
    empty = empty or _is_blank(reply, kind)
    answer = Answer(
        plan=plan,
        reply=reply,
        expected=answers.select(reply.status) or UNDECLARED,
        type=kind,
        said=said,
        secrets=secrets,
    )
    json, body = (None, None) if empty else _output(answer)
    body_type = kind.text if kind else OCTETS
    warnings = [*_warnings(answer, empty=empty)]
    if json is not None:
        warnings += _held(answer, json, answers, seen=seen)
    if warnings:
        exchange = structs.replace(exchange, warnings=(*exchange.warnings, *warnings))
    return Outcome(
        json=json,
        body=body,
        content_type="" if body is None else body_type,
        exchange=exchange,
        facts=_facts(plan),
    )
