"""What a typed message costs in both directions, against Struct and protobuf's own JSON.

`python -m tests.bench.probes.typed_codec`: microseconds of CPU for answers and requests of three
sizes, the best of several runs in turns.
"""

from collections.abc import Callable
from time import process_time
from timeit import Timer
from typing import Any

import orjson
from google.protobuf import json_format, message_factory
from google.protobuf.struct_pb2 import Struct

from facade.model.typed import (
    Field,
    Kind,
    Message,
    Method,
    Role,
    Scalar,
    TypedService,
)
from facade.transcode.arguments import parse
from facade.transcode.doubles import from_values
from gateway.convert.value_writer import JsonPlace, ValueWriter
from gateway.convert.values import from_struct
from gateway.typed.codec import Codecs
from gateway.typed.descriptors import pool_of
from gateway.typed.json_tree import tree_of
from gateway.typed.writing import Writers

SIZES = (200, 2_000, 50_000)
ROUNDS = 4
VALUE = JsonPlace(value=b"\x0a", text=b"\x12", level=1)


def _field(number: int, name: str, what: Scalar | str, **more: Any) -> Field:
    known: dict[str, Any] = {"type": what} if isinstance(what, Scalar) else {"ref": what}
    return Field(key=name, name=name, number=number, **{"json": name} | known | more)


def _message(name: str, **fields: Any) -> Message:
    return Message(
        key=name,
        name=name,
        fields=tuple(_field(at, name, what) for at, (name, what) in enumerate(fields.items(), 1)),
    )


ISSUE = _message(
    "Issue",
    id=Scalar.INT64,
    node_id=Scalar.STRING,
    number=Scalar.INT64,
    title=Scalar.STRING,
    state=Scalar.STRING,
    body=Scalar.STRING,
    locked=Scalar.BOOL,
    comments=Scalar.INT64,
    created_at=Scalar.STRING,
    score=Scalar.DOUBLE,
    user="User",
)
USER = _message(
    "User",
    id=Scalar.INT64,
    login=Scalar.STRING,
    site_admin=Scalar.BOOL,
    url=Scalar.STRING,
    type=Scalar.STRING,
)
ISSUES = Message(
    key="Issues",
    name="Issues",
    kind=Kind.WHOLE,
    fields=(_field(1, "items", "Issue", repeated=True, json="", role=Role.WHOLE),),
)
METHOD = Method(key="put", name="Put", action="put", request="Request", response="Issues")
REQUEST = Message(key="Request", name="Request", fields=(_field(1, "body", "Issues"),))
SERVICE = TypedService(
    name="Probe",
    messages={each.key: each for each in (ISSUE, USER, ISSUES, REQUEST)},
    methods=(METHOD,),
)


def _issue(at: int) -> dict[str, Any]:
    return {
        "id": 1_000_000 + at * 7_919,
        "node_id": f"MDU6SXNzdWU{at * 104_729}",
        "number": at,
        "title": f"Found a bug in {at} things",
        "state": ("open", "closed")[at % 2],
        "body": "I'm having a problem with this. " * (1 + at % 5),
        "locked": at % 3 == 0,
        "comments": at % 40,
        "created_at": f"2011-04-22T13:33:{at % 60:02}Z",
        "score": at * 0.37,
        "user": {
            "id": at % 100 * 7_919,
            "login": f"octocat{at % 100}",
            "site_admin": False,
            "url": f"https://api.example.com/users/octocat{at % 100}",
            "type": "User",
        },
    }


def _sized(size: int) -> bytes:
    issues: list[dict[str, Any]] = []
    while len(orjson.dumps(issues)) < size:
        issues.append(_issue(len(issues)))
    return orjson.dumps(issues)


def _best(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds of CPU of each way, which take turns."""
    timers = {name: Timer(way, timer=process_time) for name, way in ways.items()}
    counts = {name: max(1, timer.autorange()[0] // 4) for name, timer in timers.items()}
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            best[name] = min(best[name], timer.timeit(counts[name]) / counts[name] * 1e6)
    return best


def _answers(text: bytes, kind: Any) -> dict[str, Callable[[], object]]:
    writer, values, names = Writers(SERVICE).of("Issues"), ValueWriter(), ["items"]
    wrapped = b'{"items":%b}' % text
    return {
        "typed": lambda: writer.write(tree_of(text), 0),
        "Struct": lambda: values.put(text, VALUE, as_text=False),
        "upb from dict": lambda: kind(
            **dict(zip(names, [orjson.loads(text)], strict=True))
        ).SerializeToString(),
        "json_format": lambda: json_format.Parse(wrapped, kind()).SerializeToString(),
    }


def _requests(text: bytes, kind: Any) -> dict[str, Callable[[], object]]:
    message = json_format.Parse(b'{"body":{"items":%b}}' % text, kind()).SerializeToString()
    struct = json_format.Parse(b'{"body":%b}' % text, Struct()).SerializeToString()
    codec, said = Codecs(SERVICE).of(METHOD), f'{{"body":{text.decode()}}}'
    return {
        "typed": lambda: codec.arguments(message),
        "Struct": lambda: from_values(from_struct(Struct.FromString(struct))),
        "JSON text": lambda: parse(said),
        "json_format": lambda: json_format.MessageToDict(kind.FromString(message)),
    }


def main() -> None:
    """Says the figures."""
    pool = pool_of(SERVICE, "probe.v1")
    for size in SIZES:
        text = _sized(size)
        for title, name, ways in (
            ("answer", "Issues", _answers),
            ("request", "Request", _requests),
        ):
            kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"probe.v1.{name}"))
            best = _best(ways(text, kind))
            told = ", ".join(f"{way} {micros:.1f}" for way, micros in best.items())
            print(f"{title} of {len(text)} bytes: {told} µs")


if __name__ == "__main__":
    main()
