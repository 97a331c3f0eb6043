"""A connector file: what it says, what is wrong with it, and the changes that bring it about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from msgspec import UnsetType

from facade.catalog import missing, traffic
from facade.catalog.connector_draft import SpecReader, draft_of
from facade.catalog.connector_form import FileForm, VersionForm
from facade.catalog.finding import Findings
from facade.catalog.request import invalid
from facade.catalog.sourcing import given_digest
from facade.errors.caller import InvalidSpec, VersionImmutable
from facade.errors.fault import Details, Resource, Violation
from facade.model.action import Problem
from facade.model.change import Change, Create, Delete, Draft, Promote, Update
from facade.model.names import LIVE, ConnectorName, VersionName
from facade.model.version import Connector, Version
from facade.spec.bundling.bundle import outward
from facade.spec.limits import Limits
from facade.spec.text.json_text import Broken, read_json
from facade.spec.text.numbers import as_doubles
from facade.spec.text.yaml_core import read_yaml

BARE = ("openapi", "swagger")
"""The keys by which an OpenAPI document is known."""

FLOW = "steps"
"""The key by which a flow file is known."""

NO_CONNECTOR = "this is a flow: `portico apply` takes it, a folder of connectors does not"

FIRST = "v1"
"""The version of a bare OpenAPI document."""

_SOME: Final = {"id": "some", "spec": "some"}
"""Stands for the versions while the rest of the file is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorFile:
    """What a connector file says."""

    source: str
    """The file's name."""
    name: ConnectorName
    title: str = ""
    description: str = ""
    labels: Mapping[str, str]
    drafts: Mapping[str, Draft]
    """By version id, in the file's order."""
    live: Mapping[str, int]
    """The shares of `live` calls; they come to 100."""
    allow_breaking: bool = False
    """Whether they may break those who call what serves now."""


def parse(text: str, source: str, read_spec: SpecReader) -> ConnectorFile:
    """Reads a connector file, or a bare OpenAPI document: a connector named after its file.

    `read_spec` is asked for the documents that the file names, and for a bare one
    itself where that refers to other files. Raises InvalidRequest with everything
    that is wrong, each with its field and line.
    """
    found = Findings(source)
    tree, doubts = _tree(text, source)
    if isinstance(tree, dict) and "connector" not in tree and any(key in tree for key in BARE):
        return _bare(text, tree, source, read_spec)
    for doubt in doubts:
        found.add(doubt.pointer, doubt.message)
    form, versions = _forms(tree, found)
    drafts = {}
    for number, version in enumerate(versions):
        if version is None:
            continue
        pointer = f"/versions/{number}"
        if version.id in drafts:
            found.add(f"{pointer}/id", f"`{version.id}` stands twice")
        if version.id == LIVE:
            found.add(f"{pointer}/id", "`live` is reserved")
        drafts[version.id] = draft_of(version, pointer, read_spec, found)
    live = _live(form, drafts, found) if form is not None and None not in versions else {}
    if found or form is None:
        raise found.fault(text)
    return ConnectorFile(
        source=source,
        name=ConnectorName(form.connector),
        title=form.title,
        description=form.description,
        labels=form.labels,
        drafts=drafts,
        live=live,
        allow_breaking=form.allow_breaking,
    )


def changes_for(
    file: ConnectorFile, current: Connector | None, *, replace: bool = False
) -> list[Change]:
    """The changes that bring the catalog to what the file says; none where it is there already.

    A version that differs in what is immutable raises VersionImmutable; with
    `replace` it is deleted and created anew, and versions that the file does
    not have are deleted.
    """
    held = current.versions if current is not None else {}
    changes: list[Change] = []
    renewed = set()
    for key, draft in file.drafts.items():
        name = VersionName(file.name.connector, key, file.name.tenant)
        other = differing(held[key], draft) if key in held else []
        if other and not replace:
            raise _immutable(file, name, other)
        if other:
            changes.append(Delete(name=name, force=True))
        if other or key not in held:
            changes.append(Create(version_id=key, draft=draft))
            renewed.add(key)
        elif (held[key].labels, held[key].notes) != (draft.labels, draft.notes):
            changes.append(Update(name=name, draft=draft, paths=("labels", "notes")))
    shares = traffic.shares_of(held)
    if shares != file.live or renewed & shares.keys():
        changes.extend(_promotions(file))
    if replace:
        gone = (key for key in held if key not in file.drafts)
        changes.extend(
            Delete(name=VersionName(file.name.connector, key, file.name.tenant), force=True)
            for key in gone
        )
    return changes


def _promotions(file: ConnectorFile) -> list[Change]:
    steps = traffic.steps_to(file.live)
    if not steps:
        raise invalid(
            Violation(
                field="live",
                description=f"{file.source}: promotions cannot reach these shares exactly; "
                "choose rounder ones",
            )
        )
    return [
        Promote(
            name=VersionName(file.name.connector, key, file.name.tenant),
            percent=percent,
            allow_breaking=file.allow_breaking,
        )
        for key, percent in steps
    ]


def differing(version: Version, draft: Draft) -> list[str]:
    """The file's keys whose values are not those of the version."""
    if draft.spec_uri and not draft.spec_text:
        same_spec = draft.spec_uri == version.spec_uri
    else:
        same_spec = given_digest(draft) == (version.source_digest or version.spec_digest)
    compared = (
        ("spec", same_spec),
        ("server", draft.destination == version.destination),
        ("credentials", draft.credentials == version.credentials),
        ("passthrough", draft.passthrough == version.passthrough),
        ("variables", draft.variables == version.variables),
        ("policy", draft.policy == version.policy),
        ("serialization", draft.serialization == version.serialization),
    )
    return [key for key, same in compared if not same]


def _immutable(file: ConnectorFile, name: VersionName, keys: list[str]) -> VersionImmutable:
    return VersionImmutable(
        f"{file.source}: `{name}` is published and its {', '.join(keys)} cannot change; "
        "give the version another id",
        details=Details(
            violations=tuple(
                Violation(field=f"versions.{name.version}.{key}", description="is immutable")
                for key in keys
            ),
            resource=Resource(type=missing.VERSION, name=str(name)),
        ),
    )


def _tree(text: str, source: str) -> tuple[Any, tuple[Problem, ...]]:
    """What the text says; raises InvalidRequest where it is neither JSON nor YAML."""
    limits = Limits()
    if text.lstrip().startswith("{"):
        try:
            return read_json(text, limits)
        except Broken:
            pass  # YAML may begin with a brace too; its reader says what is wrong
    try:
        return read_yaml(text, limits)
    except InvalidSpec as fault:
        raise invalid(
            *(
                Violation(field=each.field, description=f"{source}: {each.description}")
                for each in fault.details.violations
            )
        ) from None


def _bare(text: str, tree: Mapping[str, Any], source: str, read_spec: SpecReader) -> ConnectorFile:
    draft = read_spec(source, "") if outward(text) else Draft(spec_text=text)
    info = tree.get("info")
    title = info.get("title") if isinstance(info, Mapping) else None
    return ConnectorFile(
        source=source,
        name=ConnectorName(slug(source)),
        title=title.strip() if isinstance(title, str) else "",
        labels={},
        drafts={FIRST: draft},
        live={FIRST: traffic.WHOLE},
    )


def slug(source: str) -> str:
    """The connector's id for a file's name: `pet-store` for `dir/Pet Store.yaml`."""
    stem = PurePath(source).stem.lower()
    words = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")
    if not words:
        raise invalid(
            Violation(field="connector", description=f"{source}: the file's name makes no id")
        )
    return (words if words[0].isalpha() else f"api-{words}")[:63].rstrip("-")


def _forms(tree: Any, found: Findings) -> tuple[FileForm | None, list[VersionForm | None]]:
    """The file without its versions, and the versions: each says alone what is wrong with it."""
    if not isinstance(tree, dict):
        found.add("", "must be a mapping with `connector` and `versions`")
        return None, []
    if "connector" not in tree and FLOW in tree:
        found.add("", NO_CONNECTOR)
        return None, []
    given = tree.get("versions")
    listed = given if isinstance(given, list) else []
    head = {**tree, "versions": [_SOME] if listed else given}
    if "versions" not in tree:
        del head["versions"]
    form = found.convert(as_doubles(head), FileForm, "")
    versions = [
        found.convert(_plain(each), VersionForm, f"/versions/{number}")
        for number, each in enumerate(listed)
    ]
    return form, versions


def _plain(version: Any) -> Any:
    """A version with doubles for numbers, but in its document."""
    if not isinstance(version, dict):
        return version
    return version | as_doubles({key: each for key, each in version.items() if key != "spec"})


def _live(form: FileForm, drafts: Mapping[str, Draft], found: Findings) -> dict[str, int]:
    """The shares that the file asks for."""
    live = form.live
    if isinstance(live, UnsetType):
        if len(drafts) > 1:
            found.add("/versions", "`live` must say which of several versions serves the calls")
        return dict.fromkeys(drafts, traffic.WHOLE)
    shares = {live: traffic.WHOLE} if isinstance(live, str) else live
    for key in shares:
        if key not in drafts:
            known = ", ".join(f"`{each}`" for each in drafts)
            found.add("/live", f"no version `{key}` stands in this file; it has {known or 'none'}")
    if sum(shares.values()) != traffic.WHOLE:
        found.add("/live", f"the shares come to {sum(shares.values())}, not to 100")
    return shares
