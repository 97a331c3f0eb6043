"""Reply to Outcome: which declared response it is, and whether it is what it says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from facade.errors.backend import BackendBadResponse
from facade.errors.fault import Details
from facade.model.action import Action, Response
from facade.model.call import Exchange, Outcome, Plan, Reply
from facade.transcode.json_text import is_json, sniffs_as_json, to_utf8
from facade.transcode.media_type import MediaType, parse
from facade.transcode.multipart import OCTETS
from facade.transcode.redact import excerpt, one_line

NO_CONTENT = frozenset({204, 205, 304})
"""Statuses whose answers have no content, whatever follows (RFC 9110 section 15)."""

SHOWN = 100
"""How many bytes of a backend's media type are repeated to the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply beside what the document says of it."""

    reply: Reply
    response: Response | None
    """None: the document does not say anything of the status."""
    declared: Sequence[MediaType]
    """The response's media types that are ones."""
    type: MediaType | None
    """None: the reply does not say its type, or says none that is one."""
    said: str
    """The reply's Content-Type as it came."""
    secrets: Sequence[str]

    @property
    def named(self) -> str:
        """The reply's own media type, for people."""
        return one_line(self.said, SHOWN) or "no content type"

    @property
    def wanted(self) -> str:
        """The declared media types, for people."""
        return one_line(", ".join(each.text for each in self.declared), SHOWN)

    def broken(self, message: str) -> BackendBadResponse:
        """Says why the reply cannot be believed, with the beginning of it."""
        return bad_response(message, self.reply, self.secrets)


def bad_response(message: str, reply: Reply, secrets: Sequence[str]) -> BackendBadResponse:
    """Makes the fault of an answer that breaks HTTP or its own content type."""
    return BackendBadResponse(
        message,
        details=Details(
            facts={"httpStatus": str(reply.status)}, excerpt=excerpt(reply.body, secrets)
        ),
    )


def select(action: Action, status: int) -> Response | None:
    """Finds what the document says of a status: by itself, its range, or `default`."""
    declared = {each.status.upper(): each for each in action.responses}
    keys = (str(status), f"{status // 100}XX", "DEFAULT")
    return next((declared[key] for key in keys if key in declared), None)


def _declared(response: Response | None) -> list[MediaType]:
    media = response.media if response else ()
    parsed = (parse(each.type) for each in media)
    return [each for each in parsed if each is not None]


def _content_type(reply: Reply, secrets: Sequence[str]) -> str:
    """The one Content-Type; two that differ leave the content without a meaning."""
    said = [value.strip() for name, value in reply.headers if name == "content-type"]
    if len({" ".join(each.lower().split()) for each in said}) > 1:
        shown = " and ".join(one_line(each, SHOWN) for each in said[:2])
        raise bad_response(f"the answer has two content types: {shown}", reply, secrets)
    return said[0] if said else ""


def _json(answer: Answer) -> bytes:
    """The body as JSON in UTF-8: untouched where it is that already."""
    charset = answer.type.charset if answer.type else ""
    data = to_utf8(answer.reply.body, charset)
    if data is None:
        shown = one_line(charset, SHOWN) or "utf-8"
        raise answer.broken(f"the answer is {answer.named}, and its text is not {shown}")
    if not is_json(data):
        cut = "" if answer.reply.complete else "; it may have been cut off"
        raise answer.broken(f"the answer is {answer.named}, and is not valid JSON{cut}")
    return data


def _sniffed(answer: Answer) -> bytes | None:
    """The body as JSON where it is an object or array, though its type does not say so."""
    data = to_utf8(answer.reply.body, answer.type.charset if answer.type else "")
    return data if data is not None and sniffs_as_json(data) else None


def _output(answer: Answer) -> tuple[bytes | None, bytes | None]:
    """The output as JSON, or as the body that it is.

    Text that is JSON all the same is taken for it where nothing else is declared; anything else
    there is not the backend's answer: a login page, a proxy's error.
    """
    if answer.type is not None and answer.type.is_json:
        return _json(answer), None
    json_alone = bool(answer.declared) and all(each.is_json for each in answer.declared)
    if json_alone and answer.type is None:
        return _json(answer), None
    sniffable = answer.type is None or (json_alone and answer.type.is_text)
    data = _sniffed(answer) if sniffable else None
    if data is not None:
        return data, None
    if json_alone:
        raise answer.broken(f"the answer is {answer.named}, where {answer.wanted} is declared")
    return None, answer.reply.body


def _as_declared(kind: MediaType, declared: Sequence[MediaType]) -> bool:
    """Whether the document names the type; any JSON will do where JSON is declared."""
    return any(each.covers(kind) or (each.is_json and kind.is_json) for each in declared)


def _warnings(answer: Answer, *, empty: bool) -> Iterator[str]:
    """What the document does not say of the answer, and what cannot be known of it."""
    status = answer.reply.status
    if answer.response is None:
        yield f"status {status} is not declared"
    elif not empty and not answer.declared:
        yield f"no content is declared for status {status}; the answer is {answer.named}"
    elif not empty and (answer.type is None or not _as_declared(answer.type, answer.declared)):
        yield f"{answer.named} is not declared for status {status}; declared: {answer.wanted}"
    if not empty and not answer.reply.complete:
        yield "the answer ended with the connection: whether it is whole cannot be known"


def _facts(plan: Plan) -> Mapping[str, str]:
    """Who answered, by canonical ids."""
    name = plan.version.name
    return {"connector": name.connector, "version": name.version, "action": plan.action.id}


def decode(plan: Plan, reply: Reply, exchange: Exchange, secrets: Sequence[str] = ()) -> Outcome:
    """Makes the outcome of a reply that `check` has passed; what is undeclared becomes a warning.

    JSON is proven to be JSON and otherwise not touched, but for a charset other than UTF-8.
    Raises BackendBadResponse, `secrets` masked, for an answer that is not what it says it is, or
    that is something else where only JSON is declared.
    """
    empty = plan.method == "HEAD" or reply.status in NO_CONTENT or not reply.body
    said = "" if empty else _content_type(reply, secrets)
    response = select(plan.action, reply.status)
    answer = Answer(
        reply=reply,
        response=response,
        declared=_declared(response),
        type=parse(said),
        said=said,
        secrets=secrets,
    )
    json, body = (None, None) if empty else _output(answer)
    body_type = answer.type.text if answer.type else OCTETS
    warnings = tuple(_warnings(answer, empty=empty))
    return Outcome(
        json=json,
        body=body,
        content_type="" if body is None else body_type,
        exchange=replace(exchange, warnings=(*exchange.warnings, *warnings)),
        facts=_facts(plan),
    )
