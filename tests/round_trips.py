"""A call there and back: written as a request, read again, and compared in a normal form.

The normal form of arguments:

- flat properties of the body are the argument `body`;
- null, an empty array and an empty object are the same as absent, within parameters, forms and
  parts; so is an optional body of a form without fields;
- numbers are their literals; names of an object are in no order;
- a file is an object of its bytes without what would be written anyway, an upload of the whole
  body an object of `content`.

Where the arguments are not the same, the request made of what was read must be the same request,
and one of REASONS must say why two values have one form.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from facade.errors.fault import Fault
from facade.model.action import Action, Location, Parameter, Style
from facade.model.call import Arguments, Call, Plan, Upload
from facade.model.names import ActionName, VersionName
from facade.model.version import Destination, Serialization, Version
from facade.transcode.arguments import Number, parse, tokens
from facade.transcode.body.body import options_of
from facade.transcode.body.form import DELIMITERS
from facade.transcode.encode import encode
from facade.transcode.match import Matched, Request, Router
from facade.transcode.media_type import MediaType
from facade.transcode.media_type import parse as parse_type
from facade.transcode.reading.kind import ALL, ARRAY, Kind, kind_of

NAME = ActionName("c", "v1", "a")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BOUNDARY = b"portico-"


def version_of(serialization: Serialization) -> Version:
    """A version whose backend's paths begin at the root."""
    return Version(
        name=VersionName("c", "v1"),
        spec_digest="",
        create_time=NOW,
        update_time=NOW,
        destination=Destination(uri="https://api.example.com"),
        serialization=serialization,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """What came of one call."""

    outcome: str
    """`equal`, `different`, or why the two need not be equal."""
    detail: str = ""
    request: str = ""


def travel(
    router: Router, version: Version, action: Action, arguments: Arguments, wish: str = ""
) -> Trip:
    """Writes a call as a request, reads it again and compares."""
    try:
        plan = encode(version, action, Call(name=NAME, arguments=arguments, content_type=wish))
    except Fault as fault:
        return Trip(outcome="not encoded", detail=fault.message)
    shown = f"{plan.method} {plan.target} {plan.headers} {(plan.body or b'')[:300]!r}"
    try:
        matched = router.match(request_of(plan))
    except Fault as fault:
        given = normal(action, arguments, None, None)
        reasons = filter(None, (lost(action, given, key, None) for key in given))
        outcome = next(reasons, "different")
        return Trip(outcome=outcome, detail=f"fault: {fault.message}", request=shown)
    outcome, detail = compare(action, arguments, plan, matched, version)
    return Trip(outcome=outcome, detail=detail, request=shown)


def request_of(plan: Plan) -> Request:
    return Request(
        method=plan.method, target=plan.target, headers=plan.headers, body=plan.body or b""
    )


def compare(
    action: Action, arguments: Arguments, plan: Plan, matched: Matched, version: Version
) -> tuple[str, str]:
    """Whether it is the same call, or why it is another one."""
    if matched.action is not action:
        return "another path takes the address", matched.action.path
    sent = parse_type(dict(plan.headers).get("content-type", ""))
    given = normal(action, arguments, None, sent)
    found = normal(action, matched.arguments, matched.upload, sent)
    keys = [key for key in {**given, **found} if given.get(key) != found.get(key)]
    if not keys and not matched.unknown:
        return "equal", ""
    detail = "; ".join(f"{key}: {given.get(key)!r} is read as {found.get(key)!r}" for key in keys)
    detail += "".join(f"; unknown {each}" for each in matched.unknown)
    reasons = {lost(action, given, key, sent) for key in keys}
    if reasons and "" not in reasons:
        return min(reasons), detail
    if wire(plan) != rewritten(version, matched):
        return "different", f"{detail}; and as another request: {rewritten(version, matched)}"
    reasons = {left_open(action, key, given, found, sent) for key in keys}
    return min(reasons, default="") or "different", detail


def rewritten(version: Version, matched: Matched) -> Any:
    """The request that comes of what was read."""
    call = Call(
        name=NAME,
        arguments=matched.arguments,
        upload=matched.upload,
        content_type=matched.content_type,
    )
    try:
        return wire(encode(version, matched.action, call))
    except Fault as fault:
        return f"fault: {fault.message}"


def wire(plan: Plan) -> Any:
    """A request without what differs each time: boundaries. Pairs are in no order."""
    path, _, query = plan.target.partition("?")
    headers, body = dict(plan.headers), plan.body or b""
    sent = headers.pop("content-type", "")
    kind = parse_type(sent)
    headers.pop("accept", "")
    boundary = kind.parameters.get("boundary", "") if kind else ""
    if boundary:
        body, sent = body.replace(boundary.encode(), b"-"), sent.replace(boundary, "-")
    if kind and kind.essence.endswith("x-www-form-urlencoded"):
        body = b"&".join(sorted(body.split(b"&")))
    return path, sorted(query.split("&")), sorted(headers.items()), sent.lower(), body


def normal(
    action: Action, arguments: Arguments, upload: Upload | None, sent: MediaType | None
) -> dict[str, Any]:
    """Arguments in the normal form, by key."""
    given = {key: tokens(each.text) for key, each in arguments.items()}
    flat = action.body.flat if action.body else ()
    members = {name: given.pop(name) for name in flat if name in given}
    if members or (action.body and action.body.required and flat and not upload):
        given.setdefault("body", members)
    if upload is not None:
        given["body"] = {"content": base64.b64encode(upload.data).decode()}
    keys = {each.key for each in action.parameters}
    found = {key: pruned(value) for key, value in given.items() if key in keys}
    if "body" in given and "body" not in keys:
        found["body"] = body_of(action, given["body"], sent)
    return {key: value for key, value in found.items() if value is not None}


def pruned(value: Any) -> Any:
    """Null where nothing is left of it."""
    if isinstance(value, dict):
        members = {key: pruned(each) for key, each in value.items()}
        return {key: each for key, each in members.items() if each is not None} or None
    if isinstance(value, list):
        return [each for each in map(pruned, value) if each is not None] or None
    return literal(value)


def literal(value: Any) -> Any:
    """A single value by its JSON, so that `5` and `"5"` are two."""
    return str(value) if isinstance(value, Number) else value if value is None else dumps(value)


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def exact(value: Any) -> Any:
    """The same of any value, with nothing left out."""
    if isinstance(value, dict):
        return {key: exact(each) for key, each in value.items()}
    if isinstance(value, list):
        return [exact(each) for each in value]
    return "null" if value is None else literal(value)


def body_of(action: Action, value: Any, sent: MediaType | None) -> Any:
    """The argument `body` in the normal form of its media type."""
    if sent is None or sent.is_json:
        return exact(value)
    if sent.type == "multipart":
        rules = next((each.rules for each in options_of(action.body) if each.rules), None)
        value = filed(value, rules)
        return pruned(value) if isinstance(value, dict) else exact(value)
    if sent.essence == "application/x-www-form-urlencoded":
        return pruned(value)
    option = next((e for e in options_of(action.body) if e.type.covers(sent)), None)
    if (
        option is not None
        and isinstance(value, str)
        and option.row.wanted.startswith("must be a base64")
    ):
        value = {"content": value}
    if isinstance(value, dict) and "content" in value:
        return {"content": exact(value["content"])}
    return exact(value)


def filed(value: Any, rules: Any) -> Any:
    """A multipart body with its files in one form."""
    if rules is None:
        return value
    if isinstance(value, list):
        return [as_file(each, rules.of_position(at), "") for at, each in enumerate(value)]
    return {
        name: [as_file(x, rules.of_name(name), name) for x in each]
        if isinstance(each, list)
        else as_file(each, rules.of_name(name), name)
        for name, each in value.items()
    }


def as_file(value: Any, rule: Any, name: str) -> Any:
    if rule.file and isinstance(value, str):
        value = {"content": value}
    if not (isinstance(value, dict) and "content" in value):
        return value
    if value.get("filename") == name:
        value = {key: each for key, each in value.items() if key != "filename"}
    return value


def lost(action: Action, given: Mapping[str, Any], key: str, sent: MediaType | None) -> str:
    """Why the request does not hold all of an argument; empty where nothing says so."""
    value = given.get(key)
    parameter = next((each for each in action.parameters if each.key == key), None)
    if parameter is not None:
        return reason_of_style(action, parameter, value)
    coded = any(
        each.location is Location.HEADER and each.name.lower() == "content-encoding"
        for each in action.parameters
        if each.key in given
    )
    if coded:
        return "a body in a Content-Encoding is an upload"
    if sent is not None and sent.is_xml and isinstance(value, str):
        return "XML as text, where the schema gives it a shape"
    return reason_of_encoding(action, value, sent)


def reason_of_encoding(action: Action, value: Any, sent: MediaType | None) -> str:
    """By what the style of a field cannot tell apart; a form encodes commas, a part does not."""
    option = next((e for e in options_of(action.body) if sent and e.type.covers(sent)), None)
    for name, each in (option.media.encoding if option else {}).items():
        texts = list(texts_of(value.get(name))) if isinstance(value, dict) else []
        comma = "," if option and option.rules else ""
        delimiter = DELIMITERS.get(each.style, comma) if each.style else ""
        if delimiter and not each.explode and any(delimiter in text for text in texts):
            return "an item holds the style's delimiter (OAS 3.2 appendix E)"
    return ""


def left_open(
    action: Action, key: str, given: Mapping[str, Any], found: Mapping[str, Any], sent: Any
) -> str:
    """Why two values of an argument have one form; empty where nothing says so."""
    parameter = next((each for each in action.parameters if each.key == key), None)
    option = next((each for each in options_of(action.body) if each.type.covers(sent)), None)
    schema = parameter.schema if parameter else option.media.schema if option else True
    return reason_of_value(kind_of(schema), given.get(key), found.get(key))


def reason_of_value(kind: Kind, one: Any, other: Any) -> str:
    """By what its schema leaves open: the first that holds of the innermost difference."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
        return merged(reason_of_value(kind.member(x), one.get(x), other.get(x)) for x in names)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(at, a, b) for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        return merged(reason_of_value(kind.item(at), a, b) for at, a, b in pairs)
    return next((why for why, holds in OPEN.items() if holds(kind.types, one, other)), "")


def is_json(one: Any, other: Any) -> bool:
    """Whether a text is the JSON of an array or object."""
    text = other if isinstance(one, list | dict) else one
    return isinstance(text, str) and text[:2] in ('"[', '"{')


OPEN: Mapping[str, Callable[[frozenset[str], Any, Any], bool]] = {
    "an empty text stands for null or nothing": lambda _, one, other: (
        None in (one, other) and '""' in (one, other)
    ),
    "no type is said, and what is read is text": lambda types, _, other: (
        types == ALL and not isinstance(other, dict)
    ),
    "one item, where a value may stand alone": lambda types, one, other: (
        (types != ARRAY and [one] == other) or one == [other]
    ),
    "JSON, where a text may be": lambda types, one, other: (
        "string" in types and is_json(one, other)
    ),
    "a literal, where a text may be": lambda types, one, other: (
        "string" in types
        and isinstance(one, str)
        and isinstance(other, str)
        and one.strip('"') == other.strip('"')
    ),
}
"""Why a schema leaves open which of two values a text is."""


def merged(reasons: Iterator[str]) -> str:
    found = set(reasons)
    return min(found) if found and "" not in found else ""


def reason_of_style(action: Action, parameter: Parameter, value: Any) -> str:
    """By what its style cannot tell apart."""
    if parameter.location is Location.QUERY and sum(map(is_free, action.parameters)) > 1:
        return "two objects of any members share the query"
    texts = "".join(texts_of(value))
    return next((why for why, holds in STYLED.items() if holds(parameter, texts)), "")


def is_free(parameter: Parameter) -> bool:
    """Whether it takes the pairs that are nobody's."""
    kind = kind_of(parameter.schema)
    spreads = parameter.explode and parameter.style is Style.FORM and "object" in kind.types
    return parameter.location is Location.QUERY and spreads and kind.is_open and kind.types != ALL


STYLED: Mapping[str, Callable[[Parameter, str], bool]] = {
    "an item holds the style's delimiter (OAS 3.2 appendix E)": lambda parameter, texts: (
        (parameter.style is Style.SPACE and " " in texts)
        or (parameter.style is Style.PIPE and "|" in texts)
        or (parameter.style is Style.TAB and "\\t" in texts)
        or (parameter.style is Style.LABEL and "." in texts)
    ),
    "a name of a deepObject holds brackets": lambda parameter, texts: (
        parameter.style is Style.DEEP_OBJECT and any(each in texts for each in "[]")
    ),
    "reserved characters stand for themselves": lambda parameter, texts: (
        parameter.allow_reserved and any(each in texts for each in ",%+&=;")
    ),
}
"""Why a style cannot tell two values apart."""


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif value is not None:
        yield str(value)


def arguments_of(given: Mapping[str, Any]) -> Arguments:
    """Plain values as arguments."""
    return parse(json.dumps(given, ensure_ascii=False))
