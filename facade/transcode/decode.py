"""Reply to Outcome: which declared response it is, and whether it is what it says."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
from msgspec import structs

from facade.errors.backend import BackendBadResponse
from facade.errors.fault import Details, Violation
from facade.model.action import Media
from facade.model.call import Exchange, Outcome, Plan, Reply
from facade.model.policy import ResponseValidation
from facade.model.said import said_of
from facade.transcode.accept import accept, accepts
from facade.transcode.answers import SHOWN, About, Answers
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

CUT = "the answer ended with the connection: whether it is whole cannot be known"
"""The warning of an answer that was."""

POINTER = 200
"""How many bytes of a pointer into an answer are."""

LARGEST = 2**20
"""Bytes of an answer that is held to its schema only where the version enforces it."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A reply beside what the document says of it."""

    plan: Plan
    reply: Reply
    about: About
    secrets: Sequence[str]

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


def _json(answer: Answer) -> bytes:
    """The body as JSON in UTF-8: untouched where it is that already."""
    data = to_utf8(answer.reply.body, answer.about.charset)
    if data is None:
        charset = one_line(answer.about.charset, SHOWN) or "utf-8"
        raise answer.broken(f"the answer is {answer.about.named}, and its text is not {charset}")
    if not is_json(data):
        cut = "" if answer.reply.complete else "; it may have been cut off"
        raise answer.broken(f"the answer is {answer.about.named}, and is not valid JSON{cut}")
    return data


def _sniffed(answer: Answer) -> bytes | None:
    """The body as JSON where it is an object or array, though its type does not say so."""
    data = to_utf8(answer.reply.body, answer.about.charset)
    return data if data is not None and sniffs_as_json(data) else None


def _sequence(answer: Answer, kind: MediaType) -> bytes | None:
    """JSON values in a row as one array, where the schema of the whole says array (OAS 3.2)."""
    separator = separator_of(kind)
    media = answer.about.expected.nearest(kind) if separator else None
    if separator is None or media is None or not is_array(media):
        return None
    data = to_utf8(answer.reply.body, answer.about.charset)
    array = None if data is None else to_array(data, separator)
    if array is None:
        raise answer.broken(f"the answer is {answer.about.named}, and its items are not valid JSON")
    return array


def _xml(answer: Answer, kind: MediaType) -> bytes | None:
    """XML as JSON, where the declared schema gives it a shape."""
    media = answer.about.expected.nearest(kind) if kind.is_xml else None
    element = media.xml if media else None
    if element is None:
        return None
    try:
        return read_xml(answer.reply.body, element, kind.charset).encode()
    except XmlDefect as defect:
        raise answer.broken(f"the answer is {answer.about.named}, and {defect.message}") from None


def _chosen(answer: Answer) -> bool:
    """Whether the type is one that the caller asked for, in place of the declared ones."""
    said = next((value for name, value in answer.plan.headers if name.lower() == "accept"), "")
    if answer.about.type is None or said == accept(answer.plan.action):
        return False
    return accepts(said, answer.about.type)


def _converted(answer: Answer) -> bytes | None:
    """What becomes JSON by its looks or its declaration; None for any other content.

    Text that is JSON all the same is taken for it where nothing else is declared.
    """
    kind = answer.about.type
    if answer.about.contradicts:
        raise answer.broken(f"the answer has two content types: {answer.about.named}")
    if kind is None or (answer.about.expected.json_alone and kind.is_text):
        return _sniffed(answer)
    return _xml(answer, kind) or _sequence(answer, kind)


def _as_it_is(answer: Answer) -> bytes:
    """The body of what is not JSON.

    Where only JSON is declared and nobody asked for anything else it is not the backend's
    answer: a login page, a proxy's error.
    """
    about, expected = answer.about, answer.about.expected
    if expected.json_alone and not _chosen(answer):
        raise answer.broken(f"the answer is {about.named}, where {expected.wanted} is declared")
    return answer.reply.body


def _held(answer: Answer, media: Media, data: bytes, answers: Answers, *, seen: bool) -> list[str]:
    """Holds JSON to its declared schema; says each thing that does not fit."""
    expected = answer.about.expected
    enforced = answer.plan.version.policy.response_validation is ResponseValidation.ENFORCE
    if len(data) > LARGEST and not enforced:
        words = f"the answer is larger than {LARGEST} bytes: it was not held to its schema"
        return [words] if seen else []
    found = misfits(expected.check(media), data)
    answers.count(fits=not found)
    violations = [_masked(each, answer.secrets) for each in found]
    if violations and enforced:
        status, first = expected.status, _told(violations[0])
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


def _read(
    plan: Plan, reply: Reply, about: About, secrets: Sequence[str], answers: Answers
) -> tuple[About, bytes | None, bytes | None]:
    """What is known of a reply that may be anything, and it as JSON or else as it is."""
    if reply.body.isspace() and about.may_be_blank:
        about = answers.about(reply.status, None)
    if about.said is None:
        return about, None, None
    answer = Answer(plan=plan, reply=reply, about=about, secrets=secrets)
    json = _json(answer) if about.is_json else _converted(answer)
    return about, json, _as_it_is(answer) if json is None else None


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
    data = reply.body
    empty = not data or reply.status in NO_CONTENT or plan.method == "HEAD"
    about = answers.about(reply.status, None if empty else said_of(reply.headers).types)
    json: bytes | None = data
    body: bytes | None = None
    if not (about.is_utf8_json and data.isascii() and is_json(data)):
        about, json, body = _read(plan, reply, about, secrets, answers)
    warnings, media = about.warnings, about.held_to
    if not reply.complete and about.said is not None:
        warnings = (*warnings, CUT)
    validation = plan.version.policy.response_validation
    if json is not None and media is not None and answers.due(validation, seen=seen):
        answer = Answer(plan=plan, reply=reply, about=about, secrets=secrets)
        warnings = (*warnings, *_held(answer, media, json, answers, seen=seen))
    if warnings:
        exchange = structs.replace(exchange, warnings=(*exchange.warnings, *warnings))
    return Outcome(
        json=json,
        body=body,
        content_type="" if body is None else about.content_type,
        exchange=exchange,
    )
