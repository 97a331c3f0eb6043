"""The paths of a document, operation by operation: what can be called, and with what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from facade.app.mirror.document.bound import Bound
from facade.app.mirror.document.failures import Failures
from facade.app.mirror.document.signing import Signing
from facade.model.action import Action
from facade.model.methods import unread
from facade.spec.document import Document
from facade.spec.naming import Address, assign_ids
from facade.spec.path import CONTAINERS, METHODS

ADDITIONAL = "additionalOperations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """What the operations of a document are rewritten by."""

    document: Document
    """As it was written."""
    actions: Mapping[tuple[str, str], Action]
    """By method and path."""
    bound: Bound
    signing: Signing
    failures: Failures


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an operation stands in the new paths."""

    action: Action
    holder: dict[str, Any]
    key: str


def rewrite_paths(tree: dict[str, Any], rewriting: Rewriting) -> list[dict[str, Any]]:
    """Puts new paths in the place of the document's; answers what is left out of them, and why.

    What stays in has the id that it had among the others.
    """
    spots: list[Spot] = []
    omitted: list[dict[str, Any]] = []
    for container in CONTAINERS:
        paths = _followed(rewriting.document, tree.get(container))
        if not isinstance(paths, Mapping):
            continue
        made = {}
        for key, item in paths.items():
            path = key if key.startswith(("/", "x-")) else f"/{key}"
            if key.startswith("x-") or not isinstance(item, Mapping):
                made[path] = item
                continue
            whole = _item(_whole(item, rewriting.document), path, rewriting)
            before = len(omitted)
            _take_out(whole, path, rewriting, spots, omitted)
            if len(omitted) == before or any(_operations(whole)):
                made[path] = whole
        tree[container] = made
    _keep_ids(spots)
    return omitted


def _whole(item: Mapping[str, Any], document: Document) -> dict[str, Any]:
    """A path item with what it refers to, whose operations go before its own."""
    own = {key: each for key, each in item.items() if key != "$ref"}
    target = _followed(document, item)
    if target is item or not isinstance(target, Mapping):
        return own
    lists = [each.get("parameters") for each in (target, item)]
    listed = [each for some in lists if isinstance(some, list) for each in some]
    return {**own, **target, **({"parameters": listed} if listed else {})}


def _item(item: dict[str, Any], path: str, rewriting: Rewriting) -> dict[str, Any]:
    """A path item whose operations are copies, rewritten."""
    bound = rewriting.bound
    listed, placeholders = bound.parameters(item.get("parameters")), bound.placeholders(path)
    if "parameters" in item or placeholders:
        item["parameters"] = [*(listed if isinstance(listed, list) else ()), *placeholders]
    others = item.get(ADDITIONAL)
    if isinstance(others, Mapping):
        item[ADDITIONAL] = dict(others)
    for method, holder, key in list(_operations(item)):
        if (method, path) in rewriting.actions and isinstance(holder[key], Mapping):
            holder[key] = _operation(dict(holder[key]), method, rewriting)
    return item


def _operation(node: dict[str, Any], method: str, rewriting: Rewriting) -> dict[str, Any]:
    if "parameters" in node:
        node["parameters"] = rewriting.bound.parameters(node["parameters"])
    if "requestBody" in node:
        node["requestBody"] = rewriting.bound.body(node["requestBody"])
    if isinstance(node.get("security"), list):
        node["security"] = rewriting.signing.left(node["security"])
    node["responses"] = rewriting.failures.responses(node, method)
    return node


def _operations(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Method, holder and key of each operation."""
    for key in item:
        if key.lower() in METHODS:
            yield key.upper(), item, key
    others = item.get(ADDITIONAL)
    if isinstance(others, dict):
        yield from ((key, others, key) for key in others)


def _take_out(
    item: dict[str, Any],
    path: str,
    rewriting: Rewriting,
    spots: list[Spot],
    omitted: list[dict[str, Any]],
) -> None:
    """Takes out of a path item what cannot be called, and notes the rest."""
    for method, holder, key in list(_operations(item)):
        action = rewriting.actions.get((method, path))
        reasons = [each.message for each in action.problems] if action else []
        reasons += filter(None, [unread(method)])
        if action is None or reasons:
            del holder[key]
            omitted.append({"method": method, "path": path, "reasons": reasons})
        else:
            spots.append(Spot(action=action, holder=holder, key=key))


def _keep_ids(spots: list[Spot]) -> None:
    """Says the id of an operation where it would get another without those that are left out."""
    nodes = [each.holder[each.key] for each in spots]
    found = assign_ids(
        [
            Address(each.action.method, each.action.path, _operation_id(node))
            for each, node in zip(spots, nodes, strict=True)
        ]
    )
    for spot, node, name in zip(spots, nodes, found, strict=True):
        if name != spot.action.id and isinstance(node, dict):
            node["operationId"] = spot.action.id


def _operation_id(node: Any) -> str:
    name = node.get("operationId") if isinstance(node, Mapping) else None
    return name if isinstance(name, str) else ""


def _followed(document: Document, node: Any) -> Any:
    try:
        return document.follow(node, "")[0]
    except LookupError:
        return None
