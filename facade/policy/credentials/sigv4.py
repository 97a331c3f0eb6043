"""AWS Signature Version 4 (AWS Signature Version 4 signing process, header form)."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from facade.errors.caller import InvalidParameters
from facade.model.call import Headers, Plan
from facade.policy.credentials.marks import Mark

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = frozenset(
    {"authorization", "accept-encoding", "expect", "user-agent", "x-amzn-trace-id"}
)
"""Headers that may change on their way, and are left out of the signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs requests to one service in one region."""

    region: str
    service: str
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of it stands in a signed request."""
        return tuple(filter(None, (self.access_key_id, self.session_token)))

    def marks(self, plan: Plan, now: float, *, streamed: bool = False) -> Iterator[Mark]:
        """What makes a plan a signed one, at a time in seconds since 1970.

        Raises InvalidParameters for a body that comes as it goes out, but in S3, which takes it
        unsigned.
        """
        if streamed and not self._s3:
            raise InvalidParameters("a streamed upload cannot be signed: send the body whole")
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        payload = "UNSIGNED-PAYLOAD" if streamed else _digest(plan.body or b"")
        added = [("x-amz-date", moment)]
        if self._s3:
            added.append(("x-amz-content-sha256", payload))
        if self.session_token:
            added.append(("x-amz-security-token", self.session_token))
        names = {name for name, _ in added}
        kept = [each for each in plan.headers if each[0].lower() not in names]
        headers = (*kept, *added, ("host", plan.origin.partition("://")[2]))
        secret = (self.session_token,) if self.session_token else ()
        for name, value in added:
            yield Mark(name=name, value=value, secrets=secret)
        path, _, query = plan.target.partition("?")
        request, signed = canonical_request(
            plan.method, canonical_path(path, s3=self._s3), query, headers, payload
        )
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        signature = self._signature(moment, scope, request)
        value = (
            f"{ALGORITHM} Credential={self.access_key_id}/{scope}, "
            f"SignedHeaders={signed}, Signature={signature}"
        )
        yield Mark(value=value, secrets=(self.access_key_id,))

    @property
    def _s3(self) -> bool:
        """Whether the rules of S3 hold: paths as they are, and the payload's digest as a header."""
        return self.service == "s3"

    def _signature(self, moment: str, scope: str, request: str) -> str:
        key = f"AWS4{self.secret_access_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        text = f"{ALGORITHM}\n{moment}\n{scope}\n{_digest(request.encode())}"
        return hmac.digest(key, text.encode(), "sha256").hex()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical_request(
    method: str, path: str, query: str, headers: Headers, payload: str
) -> tuple[str, str]:
    """The canonical request, and the names of the headers that it holds."""
    fields: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in UNSIGNED:
            fields.setdefault(name.lower(), []).append(" ".join(value.split()))
    lines = "".join(f"{name}:{','.join(fields[name])}\n" for name in sorted(fields))
    signed = ";".join(sorted(fields))
    return f"{method}\n{path}\n{canonical_query(query)}\n{lines}\n{signed}\n{payload}", signed


def canonical_path(path: str, *, s3: bool) -> str:
    """A path as it is signed: in S3 encoded once, elsewhere without detours and once more."""
    if s3:
        return quote(unquote(path), safe="/-_.~") or "/"
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    ending = "/" if segments and path.endswith(("/", "/.", "/..")) else ""
    return quote("/" + "/".join(segments) + ending, safe="/-_.~")


def canonical_query(query: str) -> str:
    """A query as it is signed: each name and value encoded by the strict rule, in their order."""
    pairs = sorted(_strict(each) for each in query.split("&") if each)
    return "&".join(f"{name}={value}" for name, value in pairs)


def _strict(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")
