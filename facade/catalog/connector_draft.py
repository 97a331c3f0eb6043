"""A version of a connector file as a Draft."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeAlias

from msgspec import UnsetType

from facade.catalog.connector_form import (
    KEYS,
    SerializationForm,
    VersionForm,
)
from facade.catalog.credential_draft import credential_of, passthrough_of
from facade.catalog.draft import check_draft
from facade.catalog.finding import Findings
from facade.catalog.form import noun_of
from facade.catalog.number_draft import numbers_of
from facade.catalog.policy_form import policy_of
from facade.catalog.variable_draft import variable_of
from facade.errors.caller import InvalidSpec
from facade.model.change import Draft
from facade.model.version import (
    Balancing,
    DeepObjectArrays,
    Destination,
    LabelDelimiter,
    Network,
    Serialization,
    facade_at,
)
from facade.spec.text.numbers import dumps

SpecReader: TypeAlias = Callable[[str, str], Draft]
"""Reads a document by its path as a file writes it, and the name of its root in a folder.

Answers a draft of nothing else; may raise OSError and InvalidSpec.
"""

_URL: Final = re.compile(r"https?://", re.IGNORECASE)

# Fields of ConnectorVersion, by the file's words for them.
_WORDS: Final = (
    ("/spec_text", "/spec"),
    ("/spec_uri", "/spec"),
    ("/spec_archive", "/spec"),
    ("/direct/base_uri", "/server"),
    ("/direct/more_base_uris", "/moreServers"),
    ("/indirect/facade_uri", "/indirect/server"),
    ("/indirect/more_facade_uris", "/indirect/moreServers"),
    ("/indirect/facade_credential", "/indirect/credential"),
    ("/backend_variables", "/variables"),
    ("/custom_headers/header_secrets", "/headers"),
    ("/extra_parameters", "/extra"),
    ("/http_status", "/status"),
    ("/limits/limits", "/limits"),
    ("/location", "/apiKey/in"),
    ("/parameter", "/apiKey/name"),
)
_SECRET: Final = re.compile(r"(?<!/client)_secret(?=/|$)")
_JOINT: Final = re.compile(r"_([a-z0-9])")

_BALANCING: Final = {
    "first": Balancing.FIRST,
    "failover": Balancing.FAILOVER,
    "roundRobin": Balancing.ROUND_ROBIN,
}
_DELIMITERS: Final = {
    "byEdition": LabelDelimiter.BY_EDITION,
    "comma": LabelDelimiter.COMMA,
    "dot": LabelDelimiter.DOT,
}


def draft_of(form: VersionForm, pointer: str, read_spec: SpecReader, found: Findings) -> Draft:
    """Makes a draft of a version, and notes what is wrong with it."""
    draft = replace(
        _spec(form, pointer, read_spec, found),
        destination=_destination(form, pointer, found),
        credentials=tuple(
            credential
            for number, each in enumerate(form.credentials)
            for credential in credential_of(each, f"{pointer}/credentials/{number}", found)
        ),
        passthrough=tuple(passthrough_of(each) for each in form.passthrough),
        variables=tuple(
            variable_of(each, f"{pointer}/variables/{number}", found)
            for number, each in enumerate(form.variables)
        ),
        policy=policy_of(form.policy),
        serialization=_serialization(form.serialization),
        labels=form.labels,
        notes=form.notes,
        numbers=numbers_of(form.numbers, f"{pointer}/numbers", found),
    )
    for violation in check_draft(draft, ""):
        if violation.field in {".spec_text", ".spec_root"}:
            continue  # what could not be read was noted already
        found.add(pointer + _place(violation.field), violation.description)
    return draft


def _place(field: str) -> str:
    """A field of ConnectorVersion as a pointer into the file."""
    place = re.sub(r"\[([^\]]+)\]", r"/\1", field).replace(".", "/")
    for ours, theirs in _WORDS:
        place = place.replace(ours, theirs)
    parts = _SECRET.sub("", place).split("/")
    camel = (_JOINT.sub(lambda joint: joint[1].upper(), part) for part in parts)
    return "/".join(each if each in KEYS else part for each, part in zip(camel, parts, strict=True))


def _spec(form: VersionForm, pointer: str, read_spec: SpecReader, found: Findings) -> Draft:
    """A draft of the document alone."""
    spec, place = form.spec, f"{pointer}/spec"
    text = _itself(spec)
    if form.spec_uri and not text:
        found.add(f"{place}Uri", "`spec` is not the document itself")
    if form.spec_root and (isinstance(spec, dict) or _URL.match(spec)):
        found.add(f"{place}Root", "`spec` is neither a folder nor a zip")
    if text:
        return Draft(spec_text=text, spec_uri=form.spec_uri)
    if isinstance(spec, str) and _URL.match(spec):
        return Draft(spec_uri=spec)
    return _beside(form, place, read_spec, found)


def _itself(spec: str | dict[str, Any]) -> str:
    """The text of a document that stands in the file; empty where it is elsewhere."""
    if isinstance(spec, dict):
        return dumps(spec, ensure_ascii=False)
    is_text = not _URL.match(spec) and ("\n" in spec or spec.startswith("{"))
    return spec if is_text else ""


def _beside(form: VersionForm, place: str, read_spec: SpecReader, found: Findings) -> Draft:
    """A draft of a document that is a file, or several."""
    spec = str(form.spec)
    try:
        draft = read_spec(spec, form.spec_root)
    except OSError as problem:
        found.add(place, f"cannot read `{spec}`: {problem.strerror}")
        return Draft()
    except InvalidSpec as refusal:
        root = any(each.field == "spec_root" for each in refusal.details.violations)
        found.add(f"{place}Root" if root else place, f"`{spec}`: {refusal.message}")
        return Draft()
    if not (draft.spec_text or draft.spec_archive):
        found.add(place, f"`{spec}` is empty")
    return draft


def _destination(form: VersionForm, pointer: str, found: Findings) -> Destination:
    network = noun_of(form.network, Network)
    if isinstance(form.indirect, UnsetType):
        return Destination(
            uri=form.server,
            others=tuple(form.more_servers),
            balancing=_BALANCING[form.balancing],
            network=network,
        )
    for key, given in (
        ("server", form.server),
        ("moreServers", form.more_servers),
        ("balancing", form.balancing != "first"),
    ):
        if given:
            found.add(f"{pointer}/{key}", f"give `{key}` or `indirect`, not both")
    credential = None
    if not isinstance(form.indirect.credential, UnsetType):
        place = f"{pointer}/indirect/credential"
        credential = next(iter(credential_of(form.indirect.credential, place, found)), None)
    return facade_at(
        form.indirect.server,
        form.indirect.more_servers,
        mark=form.indirect.mark,
        credential=credential,
        network=network,
    )


def _serialization(form: SerializationForm) -> Serialization:
    return Serialization(
        deep_object_arrays=DeepObjectArrays(form.deep_object_arrays),
        label_delimiter=_DELIMITERS[form.label_delimiter],
    )
