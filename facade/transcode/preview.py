"""The request as people may see it: an exchange and a curl command, secrets blanked."""

import re
import shlex
from collections.abc import Iterator, Sequence

from msgspec import structs

from facade.model.call import Attempt, Exchange, Headers, Plan, Reply
from facade.transcode.redact import MASK, blank, forms_of, handed_on

SENSITIVE = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie"})
"""Fields that are blanked whatever they hold."""

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

GLOB = re.compile(r"[][{}]")
"""What curl takes for patterns in a URL."""


def blanked_headers(headers: Headers, forms: Sequence[str]) -> Headers:
    """Blanks the fields that sign a call, and secrets anywhere else."""
    return tuple(
        (name, MASK if name.lower() in SENSITIVE else blank(value, forms))
        for name, value in headers
    )


def _blanked_body(body: bytes | None, forms: Sequence[str]) -> bytes | None:
    if body is None:
        return None
    for form in forms:
        body = body.replace(form.encode(errors="surrogatepass"), MASK.encode())
    return body


def _blanked_reply(reply: Reply | None, secrets: Sequence[str]) -> Reply | None:
    """A reply whose fields are blanked, and a failure's body; that of a success is untouched."""
    if reply is None:
        return None
    told = handed_on(reply, secrets)
    return structs.replace(told, headers=blanked_headers(told.headers, forms_of(secrets)))


def _shown_text(body: bytes) -> str | None:
    """The body as text for a terminal; None where it is not that."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if UNPRINTABLE.search(text) else text


def _method(plan: Plan) -> str:
    """Curl's own words: `-X HEAD` would wait for a body."""
    if plan.method == "HEAD":
        return " --head"
    return "" if plan.method == "GET" and plan.body is None else f" -X {shlex.quote(plan.method)}"


def _body_option(body: bytes) -> str:
    text = _shown_text(body)
    if text is None:
        return f"--data-binary @BODY  # BODY: a file of {len(body)} bytes, not text"
    return f"--data-raw {shlex.quote(text)}"


def _options(plan: Plan, forms: Sequence[str]) -> Iterator[str]:
    """Each line of the command; the body comes last, since its line may end in a comment."""
    url = blank(plan.uri, forms)
    glob = " --globoff" if GLOB.search(url) else ""
    yield f"curl{_method(plan)}{glob} {shlex.quote(url)}"
    for name, value in blanked_headers(plan.headers, forms):
        field = f"{name}: {value}" if value else f"{name};"
        yield f"-H {shlex.quote(field)}"
    body = _blanked_body(plan.body, forms)
    if body is not None:
        yield _body_option(body)


def curl(plan: Plan, secrets: Sequence[str] = ()) -> str:
    """Writes the request as a curl command for a POSIX shell, secrets blanked.

    A body that is not text is a file `BODY`, which a comment describes.
    """
    return " \\\n  ".join(_options(plan, forms_of(secrets)))


def exchange_of(
    plan: Plan,
    secrets: Sequence[str] = (),
    *,
    reply: Reply | None = None,
    attempts: tuple[Attempt, ...] = (),
    trace_id: str = "",
) -> Exchange:
    """Makes the exchange of a call that was sent, secrets blanked but in the body of a success."""
    forms = forms_of(secrets)
    return Exchange(
        method=plan.method,
        uri=blank(plan.uri, forms),
        request_headers=blanked_headers(plan.headers, forms),
        reply=_blanked_reply(reply, secrets),
        attempts=attempts,
        version=str(plan.version.name),
        trace_id=trace_id,
    )


def dry_run_of(plan: Plan, secrets: Sequence[str] = (), *, trace_id: str = "") -> Exchange:
    """Makes the exchange of a call that is only planned: with its body and as a curl command."""
    return structs.replace(
        exchange_of(plan, secrets, trace_id=trace_id),
        request_body=_blanked_body(plan.body, forms_of(secrets)),
        curl=curl(plan, secrets),
    )
