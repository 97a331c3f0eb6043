"""Configuration: what is given, as values, secrets and credentials; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.credential import ApiKey, Bearer, Credential, OAuth2
from facade.model.secret import SecretName
from facade.model.version import Variable, VariableType, Version
from facade.transcode.variable_value import flaw_of

CLIENT_ID = "client_id"
CLIENT_SECRET = "client_secret"  # noqa: S105 - the name of a key of the configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """What a configuration says, with its secrets apart: they are kept sealed, and named."""

    variables: Mapping[str, str]
    """Values in the open, by variable."""
    secrets: Mapping[str, str]
    """Secret references, by variable."""
    credentials: tuple[Credential, ...]
    sealed: Mapping[str, str] = field(repr=False)
    """Values of the secrets that are referred to, by their ids."""


def of_instance(version: Version, given: Mapping[str, str], prefix: str) -> Configured:
    """What the configuration of an instance says.

    A key names a variable of the version, or the scheme of a credential that is a key or a token;
    `client_id` and `client_secret` are those of its OAuth2 credential. Texts for which the version
    has no value in the open are secrets, called `{prefix}-{number}`. Raises InvalidRequest.
    """
    variables = {each.name: each for each in version.variables}
    slots = _slots(version)
    sealing = Sealing(prefix)
    opened, secrets = {}, {}
    problems = list(_foreign(given, {*variables, *slots}))
    for name, text in given.items():
        variable = variables.get(name)
        if variable is None:
            continue
        problems.extend(_flaw(variable, text))
        if _is_secret(variable):
            secrets[name] = sealing.reference(text)
        else:
            opened[name] = text
    if problems:
        raise invalid(*problems)
    return Configured(
        variables=opened,
        secrets=secrets,
        credentials=_credentials(version, given, sealing),
        sealed=sealing.sealed,
    )


def of_client(version: Version, given: Mapping[str, str], prefix: str) -> Configured:
    """The same of a client, which may give the overridable variables and keys and tokens."""
    variables = {each.name: each for each in version.variables if each.overridable}
    slots = {name for name in _slots(version) if name not in {CLIENT_ID, CLIENT_SECRET}}
    problems = list(_foreign(given, {*variables, *slots}))
    own = {name: text for name, text in given.items() if name in variables}
    problems.extend(flaw for name, text in own.items() for flaw in _flaw(variables[name], text))
    if problems:
        raise invalid(*problems)
    sealing = Sealing(prefix)
    credentials = _credentials(version, given, sealing)
    return Configured(variables=own, secrets={}, credentials=credentials, sealed=sealing.sealed)


class Sealing:
    """Gathers what is to be kept sealed, and gives each a name."""

    def __init__(self, prefix: str) -> None:
        """Takes what the names begin with."""
        self._prefix = prefix
        self.sealed: dict[str, str] = {}

    def reference(self, text: str) -> str:
        """The reference by which a value will be known."""
        id_ = f"{self._prefix}-{len(self.sealed)}"
        self.sealed[id_] = text
        return SecretName(id_).reference


def _slots(version: Version) -> set[str]:
    """The keys that stand for what the version's credentials are made of."""
    found = set()
    for each in version.credentials:
        if isinstance(each.kind, ApiKey | Bearer):
            found.add(each.scheme)
        elif isinstance(each.kind, OAuth2):
            found |= {CLIENT_ID, CLIENT_SECRET}
    return found


def _credentials(
    version: Version, given: Mapping[str, str], sealing: Sealing
) -> tuple[Credential, ...]:
    """The version's credentials with what was given in place of what they had."""
    names = {each.name for each in version.variables}
    texts = {name: text for name, text in given.items() if name not in names}
    found = (_credential(each, texts, sealing) for each in version.credentials)
    return tuple(each for each in found if each is not None)


def _credential(
    credential: Credential, texts: Mapping[str, str], sealing: Sealing
) -> Credential | None:
    kind, text = credential.kind, texts.get(credential.scheme)
    if isinstance(kind, ApiKey) and text is not None:
        return replace(credential, kind=replace(kind, key=sealing.reference(text)))
    if isinstance(kind, Bearer) and text is not None:
        return replace(credential, kind=replace(kind, token=sealing.reference(text)))
    if isinstance(kind, OAuth2) and texts.keys() & {CLIENT_ID, CLIENT_SECRET}:
        new = replace(kind, client_id=texts.get(CLIENT_ID, kind.client_id))
        if CLIENT_SECRET in texts:
            new = replace(new, client_secret=sealing.reference(texts[CLIENT_SECRET]))
        return replace(credential, kind=new)
    return None


def _is_secret(variable: Variable) -> bool:
    """Whether a value is kept sealed: it may be a key, where nothing says that it is none."""
    if variable.secret is not None:
        return True
    text = variable.type is VariableType.STRING and not variable.choices
    return text and variable.value is None and variable.location is not None


def _flaw(variable: Variable, text: str) -> Iterator[Violation]:
    flaw = flaw_of(variable, text)
    if flaw:
        yield Violation(field=f"configuration.{variable.name}", description=flaw)


def _foreign(given: Mapping[str, str], known: set[str]) -> Iterator[Violation]:
    listed = ", ".join(f"`{each}`" for each in sorted(known)[:10]) or "none"
    for name in given:
        if name not in known:
            yield Violation(
                field=f"configuration.{name[:63]}",
                description=f"is no key of this connector's configuration, which has {listed}",
            )
