"""What of a document's security is the caller's business still."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from facade.model.credential import Passthrough
from facade.model.version import Version
from facade.spec.document import Document
from facade.spec.structure.survey import Reference

SCHEME = "SecurityScheme"
"""What the standard calls a scheme; some documents have them stand for parameters, too."""


class Signing:
    """Keeps of a document's schemes those that callers sign by: what nobody reads is not asked for.

    They are the ones in a header that a passthrough rule of the version takes, unless the version
    signs for them itself.
    """

    def __init__(
        self, version: Version, document: Document, references: Iterable[Reference]
    ) -> None:
        """Takes the version, the document as it was written, and what it refers to."""
        held = {each.scheme for each in version.credentials}
        rules = {each.header.lower(): each for each in version.passthrough}
        self._edition = document.version
        self._kept = frozenset(each.target for each in references if each.name != SCHEME)
        self._taken = {
            name: _as_given(scheme, rule)
            for name, scheme in _schemes(document)
            if name not in held and (rule := rules.get(_header(scheme))) is not None
        }

    def left(self, security: list[Any]) -> list[Any]:
        """What is left to the caller of a list of requirements.

        One that asks nothing of the caller becomes `{}`: the call needs no other then.
        """
        found: list[Any] = []
        for each in security:
            left = each
            if isinstance(each, Mapping):
                left = {name: scopes for name, scopes in each.items() if _key(name) in self._taken}
            if left not in found:
                found.append(left)
        return found

    def rewrite_root(self, tree: dict[str, Any]) -> None:
        """Rewrites what the document says for all operations, and the schemes themselves."""
        if isinstance(tree.get("security"), list):
            tree["security"] = self.left(tree["security"])
        holder, key = _holder(tree, self._edition)
        schemes = holder.pop(key, None) if isinstance(holder, dict) else None
        if isinstance(schemes, dict):
            place = f"#/components/{key}/"
            kept = {name: node for name, node in schemes.items() if place + name in self._kept}
            left = kept | self._taken
            if left:
                holder[key] = left


def _holder(tree: Mapping[str, Any], edition: str) -> tuple[Any, str]:
    """What has the schemes of a document, and under which key."""
    if edition.startswith("2."):
        return tree, "securityDefinitions"
    return tree.get("components"), "securitySchemes"


def _schemes(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and description of each scheme of a document; those that are none are left out."""
    holder, key = _holder(document.tree, document.version)
    schemes = holder.get(key) if isinstance(holder, Mapping) else None
    for name, node in schemes.items() if isinstance(schemes, Mapping) else ():
        with suppress(LookupError):
            scheme, _ = document.follow(node, "")
            if isinstance(scheme, Mapping):
                yield name, scheme


def _key(name: str) -> str:
    """The name of the scheme that a requirement names, since OAS 3.2 maybe by reference."""
    return name.rpartition("/")[2] if name.startswith("#/") else name


def _header(scheme: Mapping[str, Any]) -> str:
    """The header that a scheme signs in, in lower case; empty where it is none."""
    if scheme.get("type") != "apiKey":
        return "" if scheme.get("type") == "mutualTLS" else "authorization"
    name = scheme.get("name")
    return name.lower() if scheme.get("in") == "header" and isinstance(name, str) else ""


def _as_given(scheme: Mapping[str, Any], rule: Passthrough) -> Mapping[str, Any]:
    """The scheme as the caller gives it, maybe in a header of another name or form."""
    if rule.metadata == rule.header.lower() and not rule.prefix:
        return scheme
    described = {key: scheme[key] for key in ("description",) if key in scheme}
    return {"type": "apiKey", "in": "header", "name": rule.metadata, **described}
