"""A version of a connector file as a Draft."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from msgspec import UNSET, UnsetType

from facade.catalog.connector_form import (
    ApiKeyForm,
    BasicForm,
    BearerForm,
    CredentialForm,
    ErrorRuleForm,
    FacadeCredentialForm,
    PolicyForm,
    SerializationForm,
    VariableForm,
    VersionForm,
)
from facade.catalog.draft import check_draft
from facade.catalog.finding import Findings
from facade.errors.caller import InvalidSpec
from facade.errors.fault import Code
from facade.model.action import Location
from facade.model.change import Draft
from facade.model.version import (
    ApiKey,
    Balancing,
    Basic,
    Bearer,
    Credential,
    DeepObjectArrays,
    Destination,
    ErrorRule,
    LabelDelimiter,
    Policy,
    ResponseValidation,
    Serialization,
    Variable,
)

SpecReader: TypeAlias = Callable[[str, str], Draft]
"""Reads a document by its path as a file writes it, and the name of its root in a folder.

Answers a draft of nothing else; may raise OSError and InvalidSpec.
"""

_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}

# Fields of ConnectorVersion, by the file's words for them.
_WORDS: Final = (
    ("/spec_text", "/spec"),
    ("/spec_uri", "/spec"),
    ("/spec_archive", "/spec"),
    ("/direct/base_uri", "/server"),
    ("/direct/more_base_uris", "/moreServers"),
    ("/indirect/facade_uri", "/indirect/server"),
    ("/indirect/facade_credential", "/indirect/credential"),
    ("/backend_variables", "/variables"),
    ("/password_secret", "/password"),
    ("/token_secret", "/token"),
    ("/key_secret", "/key"),
    ("/api_key", "/apiKey"),
    ("/success_statuses", "/successStatuses"),
    ("/error_rules", "/errorRules"),
    ("/http_status", "/status"),
    ("/message_pointer", "/messagePointer"),
)

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
            for credential in _credential(each, f"{pointer}/credentials/{number}", found)
        ),
        variables=tuple(_variable(each) for each in form.variables),
        policy=_policy(form.policy),
        serialization=_serialization(form.serialization),
        labels=form.labels,
        notes=form.notes,
    )
    for violation in check_draft(draft, ""):
        if violation.field in {".spec_text", ".spec_root"}:
            continue  # what could not be read was noted already
        place = re.sub(r"\[([0-9]+)\]", r"/\1", violation.field).replace(".", "/")
        for ours, theirs in _WORDS:
            place = place.replace(ours, theirs)
        found.add(pointer + place, violation.description)
    return draft


def _spec(form: VersionForm, pointer: str, read_spec: SpecReader, found: Findings) -> Draft:
    """A draft of the document alone."""
    spec, place = form.spec, f"{pointer}/spec"
    if isinstance(spec, dict) or _URL.match(spec):
        if form.spec_root:
            found.add(f"{place}Root", "`spec` is neither a folder nor a zip")
        return (
            Draft(spec_text=json.dumps(spec, ensure_ascii=False))
            if isinstance(spec, dict)
            else Draft(spec_uri=spec)
        )
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
    if isinstance(form.indirect, UnsetType):
        return Destination(
            uri=form.server,
            others=tuple(form.more_servers),
            balancing=_BALANCING[form.balancing],
        )
    for key, given in (("server", form.server), ("moreServers", form.more_servers)):
        if given:
            found.add(f"{pointer}/{key}", f"give `{key}` or `indirect`, not both")
    credential = None
    if not isinstance(form.indirect.credential, UnsetType):
        place = f"{pointer}/indirect/credential"
        credential = next(iter(_credential(form.indirect.credential, place, found)), None)
    return Destination(uri=form.indirect.server, indirect=True, credential=credential)


def _credential(form: FacadeCredentialForm, pointer: str, found: Findings) -> list[Credential]:
    kinds = [kind for kind in (form.basic, form.bearer, form.api_key) if kind is not UNSET]
    if len(kinds) != 1:
        found.add(pointer, "exactly one of `basic`, `bearer` and `apiKey` is required")
        return []
    scheme = form.scheme if isinstance(form, CredentialForm) else ""
    match kinds[0]:
        case BasicForm(username=username, password=password):
            return [Credential(scheme=scheme, kind=Basic(username=username, password=password))]
        case BearerForm(token=token):
            return [Credential(scheme=scheme, kind=Bearer(token=token))]
        case ApiKeyForm(key=key, prefix=prefix, location=location, name=name):
            return [
                Credential(
                    scheme=scheme,
                    kind=ApiKey(key=key, prefix=prefix),
                    location=Location(location) if isinstance(location, str) else None,
                    parameter=name,
                )
            ]
    return []


def _variable(form: VariableForm) -> Variable:
    return Variable(
        name=form.name,
        location=None if form.location == "server" else Location(form.location),
        value=form.value if isinstance(form.value, str) else None,
        secret=form.secret if isinstance(form.secret, str) else None,
        required=form.required,
    )


def _policy(form: PolicyForm) -> Policy:
    number = form.timeout.rstrip("ms")
    unit = form.timeout.removeprefix(number)
    return Policy(
        timeout=float(number) * _SECONDS[unit],
        success_statuses=tuple(form.success_statuses),
        error_rules=tuple(_rule(each) for each in form.error_rules),
        response_validation=ResponseValidation(form.response_validation),
    )


def _serialization(form: SerializationForm) -> Serialization:
    return Serialization(
        deep_object_arrays=DeepObjectArrays(form.deep_object_arrays),
        label=_DELIMITERS[form.label_delimiter],
    )


def _rule(form: ErrorRuleForm) -> ErrorRule:
    return ErrorRule(
        status=form.status if isinstance(form.status, int) else 0,
        pointer=form.pointer,
        equals=form.equals,
        code=Code[form.code],
        message_pointer=form.message_pointer,
    )
