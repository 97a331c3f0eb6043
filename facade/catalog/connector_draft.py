"""A version of a connector file as a Draft."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from msgspec import UNSET, UnsetType

from facade.catalog.connector_form import (
    ApiKeyForm,
    BasicForm,
    BearerForm,
    CredentialForm,
    ErrorRuleForm,
    FacadeCredentialForm,
    PolicyForm,
    VariableForm,
    VersionForm,
)
from facade.catalog.draft import check_draft
from facade.catalog.finding import Findings
from facade.errors.fault import Code
from facade.model.action import Location
from facade.model.change import Draft
from facade.model.version import (
    ApiKey,
    Basic,
    Bearer,
    Credential,
    Destination,
    ErrorRule,
    Policy,
    Variable,
)

_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}

# Fields of ConnectorVersion, by the file's words for them.
_WORDS: Final = (
    ("/spec_text", "/spec"),
    ("/spec_uri", "/spec"),
    ("/direct/base_uri", "/server"),
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


def draft_of(
    form: VersionForm, pointer: str, read_file: Callable[[str], str], found: Findings
) -> Draft:
    """Makes a draft of a version, and notes what is wrong with it."""
    text, uri = _spec(form.spec, f"{pointer}/spec", read_file, found)
    draft = Draft(
        spec_text=text,
        spec_uri=uri,
        destination=_destination(form, pointer, found),
        credentials=tuple(
            credential
            for number, each in enumerate(form.credentials)
            for credential in _credential(each, f"{pointer}/credentials/{number}", found)
        ),
        variables=tuple(_variable(each) for each in form.variables),
        policy=_policy(form.policy),
        labels=form.labels,
        notes=form.notes,
    )
    for violation in check_draft(draft, ""):
        if violation.field == ".spec_text":
            continue  # the file that could not be read was noted already
        place = re.sub(r"\[([0-9]+)\]", r"/\1", violation.field).replace(".", "/")
        for ours, theirs in _WORDS:
            place = place.replace(ours, theirs)
        found.add(pointer + place, violation.description)
    return draft


def _spec(
    spec: str | dict[str, Any], pointer: str, read_file: Callable[[str], str], found: Findings
) -> tuple[str, str]:
    """The text, or the URL to read it from."""
    if isinstance(spec, dict):
        return json.dumps(spec, ensure_ascii=False), ""
    if _URL.match(spec):
        return "", spec
    try:
        text = read_file(spec)
    except OSError as problem:
        found.add(pointer, f"cannot read `{spec}`: {problem.strerror}")
        return "", ""
    if not text:
        found.add(pointer, f"`{spec}` is empty")
    return text, ""


def _destination(form: VersionForm, pointer: str, found: Findings) -> Destination:
    if isinstance(form.indirect, UnsetType):
        return Destination(uri=form.server)
    if form.server:
        found.add(f"{pointer}/server", "give `server` or `indirect`, not both")
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
    )


def _rule(form: ErrorRuleForm) -> ErrorRule:
    return ErrorRule(
        status=form.status if isinstance(form.status, int) else 0,
        pointer=form.pointer,
        equals=form.equals,
        code=Code[form.code],
        message_pointer=form.message_pointer,
    )
