"""Export: a version as a connector file with its document inside, and back."""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from enum import Enum
from typing import Any, Final

import msgspec

from facade.catalog.connector_file import ConnectorFile, parse
from facade.catalog.credential_draft import AUTHENTICATIONS, GRANTS
from facade.catalog.credential_form import FacadeCredentialForm
from facade.catalog.number_draft import written
from facade.catalog.policy_form import TIMES
from facade.catalog.request import invalid
from facade.errors.caller import InvalidSpec
from facade.errors.fault import Code, Violation
from facade.model.change import Draft
from facade.model.credential import KIND_NAMES, ApiKey, Credential, CustomHeaders
from facade.model.names import ConnectorName
from facade.model.typed import Numbers
from facade.model.version import Balancing, Condition, Connector, Destination, Variable, Version

_JOINT: Final = re.compile(r"_([a-z])")
DURATIONS: Final = TIMES | {"timeout"}
_WORDS: Final[Mapping[Enum, str]] = {
    each: word for words in (GRANTS, AUTHENTICATIONS) for word, each in words.items()
}


def exported(connector: Connector, version: Version, text: str, numbers: Numbers) -> str:
    """A version as a connector file in JSON: the same version always gives the same text.

    Secrets are references, as they are in the version; what was found wrong with the document,
    and what becomes of the version, is not in it. `numbers` are those that its typed service has.
    """
    tree = {
        "connector": connector.name.connector,
        "title": connector.title,
        "description": connector.description,
        "labels": dict(sorted(connector.labels.items())),
        "versions": [_version(version, text) | _said({"numbers": written(numbers)})],
    }
    return json.dumps(_said(tree), ensure_ascii=False, indent=1) + "\n"


def imported(document: str, connector_id: str, version_id: str, tenant: str) -> ConnectorFile:
    """What an exported file says, under other ids if some are given; raises InvalidRequest."""
    file = parse(document, "document", _no_files)
    if len(file.drafts) != 1:
        raise invalid(Violation(field="document", description="must have exactly one version"))
    ((key, draft),) = file.drafts.items()
    name = ConnectorName(connector_id or file.name.connector, tenant)
    return replace(file, name=name, drafts={version_id or key: draft}, live={})


def _no_files(name: str, _root: str) -> Draft:
    raise InvalidSpec(f"`{name}` is another file; give the document itself as `spec`")


def _version(version: Version, text: str) -> dict[str, Any]:
    tree = {
        "id": version.name.version,
        "spec": text,
        "specUri": version.spec_uri,
        **_destination(version.destination),
        "credentials": [_credential(each) for each in version.credentials],
        "passthrough": [_written(each) for each in version.passthrough],
        "variables": [_variable(each) for each in version.variables],
        "network": _written(version.destination.network),
        "policy": _written(version.policy),
        "serialization": _written(version.serialization),
        "labels": dict(sorted(version.labels.items())),
        "notes": version.notes,
    }
    return _said(tree)


def _destination(to: Destination) -> dict[str, Any]:
    if to.indirect:
        credential = _kind(to.credential) if to.credential is not None else None
        facade = {"server": to.uri, "moreServers": to.others, "mark": to.mark}
        return {"indirect": _said({**facade, "credential": credential})}
    balancing = "" if to.balancing is Balancing.FIRST else _written(to.balancing)
    return {"server": to.uri, "moreServers": to.others, "balancing": balancing}


def _credential(credential: Credential) -> dict[str, Any]:
    return {"scheme": credential.scheme, **_kind(credential)}


def _kind(credential: Credential) -> dict[str, Any]:
    """The key of its kind, with what that says."""
    kind = credential.kind
    if isinstance(kind, CustomHeaders):
        return {"headers": dict(kind.headers)}
    name = KIND_NAMES[type(kind)]
    key = next(
        each.encode_name
        for each in msgspec.structs.fields(FacadeCredentialForm)
        if each.name == name
    )
    tree = _written(kind)
    if isinstance(kind, ApiKey):
        tree |= {"in": credential.location, "name": credential.parameter}
    return {key: _said(tree)}


def _variable(variable: Variable) -> dict[str, Any]:
    tree: dict[str, Any] = _written(variable)
    tree.pop("location", None)
    tree["in"] = variable.location or "server"
    tree["required"] = variable.required or variable.required_when is not None
    if variable.required_when is not None:
        tree["requiredWhen"] = _condition(variable.required_when)
    return tree


def _condition(condition: Condition) -> dict[str, Any]:
    parts = [
        {"variable": each.variable, "differs" if each.negated else "equals": each.equals}
        for each in condition.comparisons
    ]
    parts += [_condition(each) for each in condition.conditions]
    return {"anyOf" if condition.any_of else "allOf": parts}


def _written(value: Any) -> Any:
    """A value by the file's words for what it holds; what goes without saying is not said."""
    if is_dataclass(value):
        held = ((each.name, getattr(value, each.name), each) for each in fields(value))
        return {
            _camel(name): _seconds(one) if name in DURATIONS else _written(one)
            for name, one, field in held
            if one != _default(field)
        }
    if isinstance(value, Code):
        return value.name
    if isinstance(value, Enum):
        return _WORDS.get(value) or _camel(value.value)
    if isinstance(value, Mapping):
        return {key: _written(value[key]) for key in sorted(value)}
    return [_written(each) for each in value] if isinstance(value, (tuple, list)) else value


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.6f}".rstrip("0").rstrip(".") + "s"


def _camel(name: str) -> str:
    return _JOINT.sub(lambda joint: joint[1].upper(), name)


def _said(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {key: each for key, each in tree.items() if each not in (None, "", (), [], {})}
