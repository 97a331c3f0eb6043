"""The form of a connector file: its keys and the types of their values."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from facade.catalog.credential_form import (
    CredentialForm,
    FacadeCredentialForm,
    PassthroughForm,
)
from facade.catalog.form import Form, Secret, forms
from facade.catalog.policy_form import PolicyForm

Id = Annotated[str, Meta(pattern="^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]
Labels = Annotated[
    dict[str, Annotated[str, Meta(max_length=63)]],
    Meta(max_length=64, description="For sorting and finding."),
]
VariableLocation = Literal["header", "query", "path", "cookie", "body", "server"]


class IndirectForm(Form):
    """A facade stands before the backend, and calls it."""

    server: Annotated[
        str,
        Meta(
            description="Where the facade serves the document's paths; the document's own servers "
            "if absent."
        ),
    ] = ""
    more_servers: Annotated[
        list[str],
        Meta(description="More URLs of it, each for when those before it cannot be reached."),
    ] = msgspec.field(default_factory=list)
    mark: Annotated[
        str,
        Meta(
            description="A header that all its answers have, or `none`; a Portico's own if absent."
        ),
    ] = ""
    credential: FacadeCredentialForm | UnsetType = UNSET


class ConditionForm(Form):
    """A comparison with another variable, or a tree of them."""

    variable: Annotated[str, Meta(description="The name of the variable that is compared.")] = ""
    equals: Annotated[str | UnsetType, Meta(description="The value that it must have.")] = UNSET
    differs: Annotated[str | UnsetType, Meta(description="The value that it must not have.")] = (
        UNSET
    )
    all_of: list["ConditionForm"] = msgspec.field(default_factory=list)
    any_of: list["ConditionForm"] = msgspec.field(default_factory=list)


class VariableForm(Form):
    """A value that the backend needs with every call."""

    name: Annotated[str, Meta(min_length=1, description="Its name in the HTTP request.")]
    location: Annotated[
        VariableLocation,
        Meta(description="Where it goes; `server`: a {variable} of the server's URL."),
    ] = msgspec.field(default="header", name="in")
    value: Annotated[str | UnsetType, Meta(description="The value, in the open.")] = UNSET
    secret: Annotated[Secret | UnsetType, Meta(description="Where the value is.")] = UNSET
    required: Annotated[bool, Meta(description="Whether a call needs it.")] = True
    required_when: Annotated[
        ConditionForm | UnsetType,
        Meta(description="Needed only where this holds, by the values of other variables."),
    ] = UNSET
    type: Annotated[
        Literal["string", "integer", "number", "boolean"],
        Meta(description="What the text of the value must be."),
    ] = "string"
    pattern: Annotated[
        str, Meta(description="A regular expression (RE2) that the whole value must match.")
    ] = ""
    choices: Annotated[
        list[str], Meta(description="The values that it may have; any if absent.")
    ] = msgspec.field(default_factory=list)
    title: Annotated[str, Meta(description="A line for people.")] = ""
    overridable: Annotated[
        bool,
        Meta(description="Whether the request of a gateway before this facade may give the value."),
    ] = False


class SerializationForm(Form):
    """How parameters are written where editions of the standard differ or say nothing."""

    deep_object_arrays: Annotated[
        Literal["brackets", "indices", "repeat"],
        Meta(description="An array within a `deepObject`: `a[b][]=x`, `a[b][0]=x` or `a[b]=x`."),
    ] = "brackets"
    label_delimiter: Annotated[
        Literal["byEdition", "comma", "dot"],
        Meta(description="Between the items of a `label` that does not explode."),
    ] = "byEdition"


class NetworkForm(Form):
    """How connections to the backend are made, where that is not the usual way."""

    ca: Annotated[
        Secret | UnsetType, Meta(description="Where the certificates are that are trusted alone.")
    ] = UNSET
    proxy: Annotated[str, Meta(description="The name of one of the operator's proxies.")] = ""
    source_address: Annotated[
        str, Meta(description="Which address of the gateway's machine they come from.")
    ] = ""
    http_version: Annotated[
        Literal["http1.1", "http2"],
        Meta(description="Which version of HTTP is spoken; over TLS the backend chooses."),
    ] = "http1.1"


class VersionForm(Form):
    """One edition of the connector: immutable in all but labels and notes."""

    id: Id
    spec: Annotated[
        str | dict[str, Any],
        Meta(
            description="The OpenAPI document: a file beside this one with all that it refers to, "
            "a folder, a zip, a URL, or itself, as an object or as a text of several lines."
        ),
    ]
    spec_root: Annotated[
        str, Meta(description="Which file of a folder or a zip it is, if that is not plain.")
    ] = ""
    spec_uri: Annotated[
        str,
        Meta(
            description="Where a document came from that stands here itself, as in exports: its "
            "relative servers are relative to that. `portico apply` takes none."
        ),
    ] = ""
    server: Annotated[
        str, Meta(description="The backend's URL; the document's own servers if absent.")
    ] = ""
    more_servers: Annotated[
        list[str], Meta(description="More URLs of the same backend, after `server`.")
    ] = msgspec.field(default_factory=list)
    balancing: Annotated[
        Literal["first", "failover", "roundRobin"],
        Meta(description="Which of several servers a call goes to."),
    ] = "first"
    indirect: IndirectForm | UnsetType = UNSET
    credentials: list[CredentialForm] = msgspec.field(default_factory=list)
    passthrough: list[PassthroughForm] = msgspec.field(default_factory=list)
    variables: list[VariableForm] = msgspec.field(default_factory=list)
    network: NetworkForm = msgspec.field(default_factory=NetworkForm)
    policy: PolicyForm = msgspec.field(default_factory=PolicyForm)
    serialization: SerializationForm = msgspec.field(default_factory=SerializationForm)
    labels: Labels = msgspec.field(default_factory=dict)
    notes: Annotated[str, Meta(description="Why it was made, what changed.")] = ""
    numbers: Annotated[
        dict[str, dict[str, tuple[int, str]]],
        Meta(
            description="By which numbers and names its typed service is known, as in exports; "
            "what the connector has of its own goes before. `portico apply` needs none."
        ),
    ] = msgspec.field(default_factory=dict)


class FileForm(Form, kw_only=True):
    """A connector and its versions, as a file."""

    connector: Annotated[Id, Meta(description="The connector's id.")]
    title: Annotated[str, Meta(description="A line for people.")] = ""
    description: Annotated[str, Meta(description="What it is for.")] = ""
    labels: Labels = msgspec.field(default_factory=dict)
    versions: Annotated[list[VersionForm], Meta(min_length=1)]
    live: Annotated[
        Id | dict[Id, Annotated[int, Meta(ge=1, le=100)]] | UnsetType,
        Meta(
            description="The version that serves `live` calls, or shares that come to 100; "
            "may be absent where there is one version."
        ),
    ] = UNSET
    allow_breaking: Annotated[
        bool,
        Meta(description="Whether what `live` names may break those who call what serves now."),
    ] = False


KEYS = frozenset(field.encode_name for form in forms() for field in msgspec.structs.fields(form))
"""Every key that the form knows, for suggestions."""


def schema() -> dict[str, Any]:
    """The form as a JSON Schema 2020-12, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Portico connector file",
        **msgspec.json.schema(FileForm),
    }
