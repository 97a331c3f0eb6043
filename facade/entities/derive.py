"""Entity types of a document, derived from the tree of its paths (G-19); pure."""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256

from facade.entities.paths import KEY, NAME, Collection, collections, levels
from facade.model.entity import EntityType
from facade.recent import Living
from facade.spec.spec import Spec

LONGEST = 128
"""Characters of an id."""


class Derived:
    """The entity types of documents, each derived once."""

    def __init__(self) -> None:
        """Knows none."""
        self._types: Living[Mapping[str, EntityType]] = Living()

    def types(self, spec: Spec) -> Mapping[str, EntityType]:
        """The entity types of a document by their ids, in order."""
        return self._types.find(id(spec)) or self._types.put(spec, derive(spec))

    def find(self, spec: Spec, name: str) -> EntityType | None:
        """A type by its id, or by its alias."""
        types = self.types(spec)
        return types.get(name) or next(
            (each for each in types.values() if each.alias == name), None
        )


def derive(spec: Spec) -> Mapping[str, EntityType]:
    """The entity types of a document by their ids, in order; the same for the same document."""
    found = collections(spec)
    wanted = [_wanted(each) for each in found]
    ids = _distinct(found, wanted)
    aliases = _aliases(ids)
    types = [
        EntityType(
            id=own,
            alias=alias,
            wanted=name if name != own else "",
            path="/" + "/".join(collection.segments),
            key=collection.key,
            parents=collection.variables,
            key_field=collection.said.get(KEY, ""),
            operations=dict(sorted(collection.operations.items())),
        )
        for collection, name, own, alias in zip(found, wanted, ids, aliases, strict=True)
    ]
    return {each.id: each for each in sorted(types, key=lambda each: each.id)}


def singular(name: str) -> str:
    """An English plural's singular, by its ending; the same where it has none."""
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    if name.endswith(("sses", "shes", "ches", "xes", "zes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is")):
        return name[:-1]
    return name


def _wanted(collection: Collection) -> str:
    said: str = collection.said.get(NAME, "")
    return _legal(said) if said else _legal(collection.statics[-1])


def _distinct(found: list[Collection], wanted: list[str]) -> list[str]:
    """The ids. Of those that claim one name, the one with the shortest path keeps it.

    The others, or all where no path is the shortest, get the segments before it in front, as many
    as it takes, then their variables, and a hash of the path where even that is not enough.
    """
    ids = ["" for _ in found]
    for name, count in Counter(wanted).items():
        claim = [at for at, own in enumerate(wanted) if own == name]
        sizes = sorted(len(found[at].segments) for at in claim)
        alone = count == 1 or sizes[0] < sizes[1]
        for at in claim:
            if alone and len(found[at].segments) == sizes[0]:
                ids[at] = name
    taken = {each for each in ids if each} | set(wanted)
    for level in range(_deepest(found)):
        left = {at: _level(found[at], level) for at, own in enumerate(ids) if not own}
        claims = Counter(left.values())
        fresh = {at: name for at, name in left.items() if claims[name] == 1 and name not in taken}
        for at, name in fresh.items():
            ids[at] = name
        taken |= set(fresh.values())
    return [own or _hashed(collection) for collection, own in zip(found, ids, strict=True)]


def _deepest(found: list[Collection]) -> int:
    return max((len(collection.statics) + 2 for collection in found), default=0)


def _level(collection: Collection, level: int) -> str:
    names = list(levels(collection))
    return _legal(names[min(level, len(names) - 1)])


def _hashed(collection: Collection) -> str:
    digest = sha256("/".join(collection.segments).encode(errors="surrogatepass")).hexdigest()
    return f"{_legal(collection.statics[-1])[: LONGEST - 9]}.{digest[:8]}"


def _aliases(ids: list[str]) -> list[str]:
    made = [singular(each) for each in ids]
    claims, known = Counter(made), set(ids)
    return [alias if alias not in known and claims[alias] == 1 else "" for alias in made]


def _legal(name: str) -> str:
    """A name that can stand in the name of a resource as it is."""
    plain = "".join(each if each.isprintable() and each not in "/ " else "_" for each in name)
    if len(plain) <= LONGEST:
        return plain
    digest = sha256(name.encode(errors="surrogatepass")).hexdigest()
    return f"{plain[: LONGEST - 9]}.{digest[:8]}"
