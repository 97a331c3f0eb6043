"""The report: what Envoy carries of a version, and what not."""

import json
from collections.abc import Iterator
from typing import Final

from gateway.typed.envoy.configuration import PORT
from gateway.typed.envoy.plan import Plan, Row

INTRODUCTION: Final = """\
# {package} by Envoy

Envoy's grpc_json_reverse_transcoder carries {carried} of {all} methods and actions.

    envoy --config-path envoy.yaml

listens on 127.0.0.1:{port} and calls {origin}. Clients need no other stubs
than for Portico: field numbers are the same, and {descriptors} is for Envoy alone.

What is otherwise with every call:

- Nothing of Portico's is there: no check of arguments and of who calls, no secrets, cache, limits,
  retries, breaker, nor metadata of its own. What callers send as metadata, the backend gets as
  headers.
- Every request says `content-type: application/json`, and over HTTP/1.1 one without a body says
  `transfer-encoding: chunked`. Properties and query parameters are sorted by name. In a path these
  are sent as they are: `"<>\\^{{|}}` and the backtick.
- A status of the backend that is no 2xx becomes that of gRPC which Envoy has for it (404 is
  UNIMPLEMENTED), with the body as its message. An answer that is not of its schema is INTERNAL.
- An argument of the path that is absent is INVALID_ARGUMENT; other required ones are not asked for.
"""


def report(plan: Plan, package: str, descriptors: str) -> str:
    """The report as Markdown."""
    carried = [each for each in plan.rows if not each.reasons]
    introduction = INTRODUCTION.format(
        package=package,
        carried=len(carried),
        all=len(plan.rows),
        origin=plan.origin or "nothing",
        descriptors=f"`{descriptors}`",
        port=PORT,
    )
    if plan.network:
        introduction += f"- Not in envoy.yaml, and for you to add: {', '.join(plan.network)}.\n"
    return "\n".join((introduction, *_carried(carried), *_left(plan))) + "\n"


def data(plan: Plan, package: str) -> str:
    """The same for programs."""
    rows = [
        {
            "action": each.action,
            "method": each.method,
            "carried": not each.reasons,
            "reasons": each.reasons,
            "limits": each.limits,
        }
        for each in plan.rows
    ]
    return json.dumps({"package": package, "methods": rows}, indent=2, ensure_ascii=False) + "\n"


def _carried(rows: list[Row]) -> Iterator[str]:
    yield "## Carried\n"
    for each in rows:
        yield f"- {each.method}{_words(each.limits)}"
    if not rows:
        yield "Nothing."


def _left(plan: Plan) -> Iterator[str]:
    yield "\n## Not carried\n"
    left = [each for each in plan.rows if each.reasons]
    for each in left:
        yield f"- {each.method or each.action}{_words(each.reasons)}"
    if not left:
        yield "Nothing."


def _words(said: tuple[str, ...]) -> str:
    """Behind a name on its line where it is one sentence, else one line each."""
    if len(said) < 2:
        return "".join(f": {each}" for each in said)
    return "".join(f"\n  - {each}" for each in said)
