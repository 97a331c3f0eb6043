"""Digest: a password is proved and never sent (RFC 7616)."""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote

from facade.model.call import Plan, Reply
from facade.policy.credentials.marks import Mark
from facade.recent import Recent

HASHES: Mapping[str, Callable[[bytes], str]] = MappingProxyType(
    {
        "SHA-512-256": lambda data: hashlib.new("sha512_256", data).hexdigest(),
        "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
        "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }
)
"""By their names (RFC 7616 section 6.1), the strongest first."""

MOST = 4096
"""Challenges that are remembered."""

_PART = re.compile(
    r"[ \t,]*(?:"
    r"(?P<name>[\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*"
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"=]+))'
    r"|(?P<scheme>[\w!#$%&'*+.^`|~-]+)(?=[ \t,]|$)"
    r"|[^ \t,]+)",
    re.ASCII,
)
"""A parameter, a scheme, or anything else, of a list of challenges (RFC 9110 section 11.6.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a server asks to be proved."""

    realm: str
    nonce: str
    opaque: str | None = None
    algorithm: str = "MD5"
    """A key of HASHES."""
    session: bool = False
    """Whether the key is that of a session (`-sess`)."""
    named: bool = True
    """Whether the server named the algorithm."""
    qop: bool = False
    """Whether it takes the quality of protection `auth`; without it the rule of RFC 2069 holds."""
    hashed: bool = False
    """Whether the name is told as a hash of it."""
    stale: bool = False
    """Whether the last proof was right, but for its nonce."""

    def digest(self, *parts: str) -> str:
        """The hash of parts with colons between them, in hex."""
        return HASHES[self.algorithm](":".join(parts).encode())


def challenge_of(reply: Reply) -> Challenge | None:
    """The strongest of a reply's challenges that can be met; None: it has none."""
    found = [
        challenge
        for name, value in reply.headers
        if name == "www-authenticate"
        for given in _digests(value)
        if (challenge := _challenge(given)) is not None
    ]
    strength = list(HASHES)
    return min(found, key=lambda each: strength.index(each.algorithm), default=None)


def _digests(value: str) -> Iterator[Mapping[str, str]]:
    """The parameters of each Digest challenge in a header."""
    given: dict[str, str] | None = None
    for part in _PART.finditer(value):
        if part["scheme"]:
            if given is not None:
                yield given
            given = {} if part["scheme"].lower() == "digest" else None
        elif part["name"] and given is not None:
            quoted = part["quoted"]
            text = part["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            given.setdefault(part["name"].lower(), text)
    if given is not None:
        yield given


def _challenge(given: Mapping[str, str]) -> Challenge | None:
    """A challenge; None where it is none, or cannot be met."""
    algorithm = given.get("algorithm", "MD5").upper()
    name = algorithm.removesuffix("-SESS")
    qualities = {each.strip().lower() for each in given.get("qop", "auth").split(",")}
    if not given.get("nonce") or name not in HASHES or "auth" not in qualities:
        return None
    return Challenge(
        realm=given.get("realm", ""),
        nonce=given["nonce"],
        opaque=given.get("opaque"),
        algorithm=name,
        session=algorithm != name,
        named="algorithm" in given,
        qop="qop" in given,
        hashed=given.get("userhash", "").lower() == "true",
        stale=given.get("stale", "").lower() == "true",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A name and a password that are proved."""

    who: str
    """Tells it from every other, and tells nothing of the password."""
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That somebody knows a password, for one request."""

    login: Login
    method: str
    target: str
    count: int = 1
    """How often the nonce has been used, this time included."""
    cnonce: str

    def authorization(self, challenge: Challenge) -> str:
        """The Authorization header (RFC 7616 section 3.4)."""
        fields = self._name(challenge) | {
            "realm": _quoted(challenge.realm),
            "nonce": _quoted(challenge.nonce),
            "uri": _quoted(self.target),
            "response": _quoted(self._response(challenge)),
        }
        if challenge.named:
            fields["algorithm"] = challenge.algorithm + ("-sess" if challenge.session else "")
        if challenge.opaque is not None:
            fields["opaque"] = _quoted(challenge.opaque)
        if challenge.qop:
            fields |= {"qop": "auth", "nc": f"{self.count:08x}"}
        if challenge.qop or challenge.session:
            fields["cnonce"] = _quoted(self.cnonce)
        return "Digest " + ", ".join(f"{name}={value}" for name, value in fields.items())

    def _name(self, challenge: Challenge) -> dict[str, str]:
        """Who it is, as the server wants it told (RFC 7616 section 3.4)."""
        name = self.login.username
        if challenge.hashed:
            told = challenge.digest(name, challenge.realm)
            return {"username": _quoted(told), "userhash": "true"}
        if name.isascii():
            return {"username": _quoted(name)}
        return {"username*": f"UTF-8''{quote(name, safe='')}"}

    def _response(self, challenge: Challenge) -> str:
        hashed = challenge.digest
        key = hashed(self.login.username, challenge.realm, self.login.password)
        if challenge.session:
            key = hashed(key, challenge.nonce, self.cnonce)
        request = hashed(self.method, self.target)
        if not challenge.qop:
            return hashed(key, challenge.nonce, request)
        count = f"{self.count:08x}"
        return hashed(key, challenge.nonce, count, self.cnonce, "auth", request)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


class Challenges:
    """The challenges that were met last, so that most requests carry their proof at once."""

    def __init__(self) -> None:
        self._known: Recent[tuple[str, str], tuple[Challenge, int]] = Recent(MOST)

    def proof(self, login: Login, plan: Plan) -> tuple[tuple[Mark, ...], str]:
        """The proof for a request, and its nonce; neither before the first challenge."""
        known = self._known.get((login.who, plan.origin))
        if known is None:
            return (), ""
        challenge, count = known[0], known[1] + 1
        self._known.put((login.who, plan.origin), (challenge, count))
        proof = Proof(
            login=login,
            method=plan.method,
            target=plan.target,
            count=count,
            cnonce=secrets.token_hex(16),
        )
        return (Mark(value=proof.authorization(challenge), secrets=()),), challenge.nonce

    def learn(self, login: Login, origin: str, nonce: str, reply: Reply | None) -> bool:
        """Takes up the challenge in a reply to a proof with a nonce, if it is another one.

        False where it is not: then the password is wrong, or the server asks for no digest.
        """
        challenge = challenge_of(reply) if reply is not None else None
        if challenge is None or (challenge.nonce == nonce and not challenge.stale):
            return False
        key = login.who, origin
        known = self._known.get(key)
        if known is not None and known[0].nonce == challenge.nonce:
            return True  # taken up for another request meanwhile: its count goes on
        self._known.put(key, (challenge, 0))
        return True
