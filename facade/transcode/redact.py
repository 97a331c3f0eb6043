"""Blanks secrets in what people read: messages, excerpts, exchanges, curl commands."""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote_plus

import orjson
from msgspec import structs

from facade.model.call import Reply

MASK = "***"

URL_SAFE = re.compile(r"[A-Za-z0-9_.~-]*")
"""Text that JSON and percent-encoding leave as it is."""

CORE = 6
"""Base64 shorter than this would blank words of chance."""

WINDOW = 65_536
"""How much of a text is looked at for its beginning, in characters or bytes."""


KEPT_BODY = 4096
"""Characters of a body that history keeps."""

_NAMED = re.compile(
    r"""((?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|authorization|credential|cookie)
        [a-z]*["']?\s*[:=>]\s*["']?)[^"'&\s,}<]+""",
    re.IGNORECASE | re.VERBOSE,
)
"""Values by whose names people call what is secret, in JSON, forms and XML."""

KNOWN = 256
"""Secrets, as calls have them together, whose forms are at hand."""


def _percent(secret: str) -> Iterator[str]:
    """The secret as it stands in a URL or a form, hexadecimal digits in both cases."""
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield re.sub("%..", lambda match: match[0].lower(), encoded)


def _base64(secret: str) -> Iterator[str]:
    """The secret in base64: alone, and amid other bytes, at each of the three alignments."""
    raw = secret.encode(errors="surrogatepass")
    whole = b64encode(raw).decode()
    texts = [whole, whole.rstrip("=")]
    for offset, skipped in ((0, 0), (1, 2), (2, 3)):
        encoded = b64encode(bytes(offset) + raw).decode()
        texts.append(encoded[skipped : (offset + len(raw)) * 8 // 6])
    for text in texts:
        if len(text) >= CORE:
            yield text
            yield text.translate({ord("+"): "-", ord("/"): "_"})


def forms_of(secrets: Sequence[str]) -> tuple[str, ...]:
    """Gives the texts as which the secrets may appear, the longest first."""
    return _forms(tuple(secrets))


@lru_cache(KNOWN)
def _forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    forms = set[str]()
    for secret in filter(None, secrets):
        forms.add(secret)
        forms.update(_base64(secret))
        if not URL_SAFE.fullmatch(secret):
            forms.add(orjson.dumps(secret).decode()[1:-1])
            forms.update(_percent(secret))
    return tuple(sorted(forms, key=len, reverse=True))


def blank(text: str, forms: Sequence[str]) -> str:
    """Blanks every one of the forms, which `forms_of` made."""
    for form in forms:
        text = text.replace(form, MASK)
    return text


def kept_body(body: bytes | None, secrets: Sequence[str]) -> str:
    """The beginning of a body as history keeps it: secrets blanked, and what is named as one."""
    if not body:
        return ""
    text = body[:WINDOW].decode(errors="replace").replace("\0", "")
    text = blank(text, forms_of(secrets))
    return _NAMED.sub(rf"\1{MASK}", text)[:KEPT_BODY]


def traced_url(uri: str, secrets: Sequence[str]) -> str:
    """Gives a URL for a trace: secrets blanked, and whatever the query's parameters hold."""
    address, sign, query = uri.partition("?")
    if query:
        names = [pair.partition("=")[:2] for pair in query.split("&")]
        query = "&".join([f"{name}={MASK}" if equals else name for name, equals in names])
    return blank(address + sign + query, forms_of(secrets))


def handed_on(reply: Reply, secrets: Sequence[str]) -> Reply:
    """The reply as a face gives it on: what signed the call stands in no field, nor in a failure.

    A redirect may keep the query that held a key, an error page quotes the request. The bytes
    are the backend's where no secret stands in them, and those of a success always.
    """
    failed = reply.status >= 300
    if not any(secrets) or not (failed or _may_hold(reply, secrets)):
        return reply
    forms = forms_of(secrets)
    headers = tuple((name, blank(value, forms)) for name, value in reply.headers)
    body = reply.body
    for form in forms if failed else ():
        body = body.replace(form.encode(errors="surrogatepass"), MASK.encode())
    return structs.replace(reply, headers=headers, body=body)


def _may_hold(reply: Reply, secrets: Sequence[str]) -> bool:
    """Whether the beginning of a secret stands in a field, as it is or percent-encoded."""
    said = unquote_plus("\n".join(value for _, value in reply.headers))
    return any(secret[:CORE] in said for secret in secrets if secret)


def one_line(text: str, limit: int) -> str:
    """Makes text safe to show: one line, no control characters, at most `limit` bytes."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else " " for each in text)
    line = " ".join(text.split())
    data = line.encode()
    if len(data) <= limit:
        return line
    return data[: limit - 3].decode(errors="ignore") + "…"


def shown(text: str, secrets: Sequence[str], limit: int, *, cut: bool = False) -> str:
    """Gives the beginning of a backend's text, secrets blanked, as one line.

    `cut` says that the text is itself only a beginning.
    """
    forms = forms_of(secrets)
    line = blank(text[:WINDOW], forms)
    if forms and (cut or len(text) > WINDOW):
        line = line[: -len(forms[0])]  # a secret that the end cuts in two is still in the clear
    return one_line(line, limit)


def excerpt(body: bytes, secrets: Sequence[str]) -> str:
    """Gives the beginning of what a backend said, at most 1 KiB, secrets blanked.

    NUL is left out: in UTF-16 it stands between the letters of a secret.
    """
    text = body[:WINDOW].replace(b"\0", b"").decode(errors="replace")
    return shown(text, secrets, 1024, cut=len(body) > WINDOW)
