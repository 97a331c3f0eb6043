"""Names: the ids and aliases of a document's operations (contract, section 1)."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

MAX_ID = 128
"""Characters."""

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
GAP = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Address:
    """What an operation's name is made of."""

    method: str
    path: str
    operation_id: str = ""


def legal(name: str) -> bool:
    """Whether a name can be called as it is: printable, no space around it."""
    return bool(name) and name.isprintable() and name == name.strip()


def slug(method: str, path: str) -> str:
    """A name made of method and path: `GET /pet/{petId}/uploadImage` is get_pet_pet_id_…."""
    words = GAP.split(HUMP.sub("_", f"{method} {path}"))
    return "_".join(word.lower() for word in words if word)


def static_segment(path: str) -> str:
    """The last segment of a path that holds no variable; empty where there is none."""
    plain = re.split("[?#]", path, maxsplit=1)[0].split("/")
    segment = next((each for each in reversed(plain) if each and not {"{", "}"} & set(each)), "")
    return segment if legal(segment) and len(segment) <= MAX_ID else ""


def assign_ids(addresses: Sequence[Address]) -> list[str]:
    """The ids, in the order of the addresses, which differ from one another.

    An operationId that is unique stays as it is. Of those that claim the same
    name, all get a suffix made of their method and path, so that an id does not
    depend on the order of the document; but an operationId goes before names
    that are made of paths. Beyond 128 characters a name ends in a hash of it.
    """
    wanted = [_shorten(_base(each)) for each in addresses]
    claims = Counter(wanted)
    declared = Counter(
        name for name, each in zip(wanted, addresses, strict=True) if legal(each.operation_id)
    )

    def keeps(name: str, address: Address) -> bool:
        return claims[name] == 1 or (declared[name] == 1 and legal(address.operation_id))

    pairs = list(zip(wanted, addresses, strict=True))
    taken = {name for name, each in pairs if keeps(name, each)}
    ids = []
    for name, each in pairs:
        ids.append(name if keeps(name, each) else _distinct(name, each, taken))
        taken.add(ids[-1])
    return ids


def assign_aliases(paths: Iterable[str], ids: Sequence[str]) -> list[str]:
    """The aliases, in the same order; empty where two claim one, or another's id is the same."""
    wanted = [static_segment(path) for path in paths]
    claims = Counter(wanted)
    known = set(ids)
    return [
        alias if claims[alias] == 1 and (alias == own or alias not in known) else ""
        for alias, own in zip(wanted, ids, strict=True)
    ]


def _base(address: Address) -> str:
    if legal(address.operation_id):
        return address.operation_id
    return slug(address.method, address.path)


def _shorten(name: str, tail: str = "") -> str:
    """A name of at most 128 characters that ends in the tail, or in a hash where it is cut."""
    if not tail:
        if len(name) <= MAX_ID:
            return name
        tail = _digest(name)[:8]
    return f"{name[: MAX_ID - 1 - len(tail)].rstrip()}_{tail}"


def _distinct(name: str, address: Address, taken: set[str]) -> str:
    digest = _digest(f"{address.method} {address.path}")
    candidates = [_shorten(name, digest[:size]) for size in (8, 16, 32, 64)]
    return next((each for each in candidates if each not in taken), candidates[-1])


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
