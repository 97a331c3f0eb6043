"""The form of a connector file: its keys and the types of their values."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Id = Annotated[str, Meta(pattern="^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]
Secret = Annotated[
    str, Meta(pattern="^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$", examples=["env:PETS_TOKEN"])
]
Labels = Annotated[
    dict[str, Annotated[str, Meta(max_length=63)]],
    Meta(max_length=64, description="For sorting and finding."),
]
CodeName = Literal[
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "UNAUTHENTICATED",
]
Place = Literal["header", "query", "path", "cookie", "body", "server"]
Status = Annotated[int, Meta(ge=100, le=599)]


class Form(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """An object of the file: unknown keys are refused."""


class BasicForm(Form):
    """A name and a password (RFC 7617)."""

    username: str
    password: Annotated[Secret, Meta(description="Where the password is.")]


class BearerForm(Form):
    """A token in the Authorization header (RFC 6750)."""

    token: Annotated[Secret, Meta(description="Where the token is.")]


class ApiKeyForm(Form):
    """A key in the header, query parameter or cookie that the scheme names."""

    key: Annotated[Secret, Meta(description="Where the key is.")]
    prefix: Annotated[str, Meta(description="Written before the key, such as `Token `.")] = ""
    location: Annotated[
        Literal["header", "query", "cookie"] | UnsetType,
        Meta(description="Where the key goes, if the document declares no such scheme."),
    ] = msgspec.field(default=UNSET, name="in")
    name: Annotated[str, Meta(description="What the key is called there.")] = ""


class FacadeCredentialForm(Form):
    """A way to sign a call: exactly one of `basic`, `bearer` and `apiKey`."""

    basic: BasicForm | UnsetType = UNSET
    bearer: BearerForm | UnsetType = UNSET
    api_key: ApiKeyForm | UnsetType = UNSET


class CredentialForm(FacadeCredentialForm, kw_only=True):
    """How calls are signed for one security scheme: one of `basic`, `bearer` and `apiKey`."""

    scheme: Annotated[str, Meta(description="The security scheme's name in the document.")]


class IndirectForm(Form):
    """A facade stands before the backend, and calls it."""

    server: Annotated[str, Meta(description="The facade's URL.")]
    credential: FacadeCredentialForm | UnsetType = UNSET


class VariableForm(Form):
    """A value that the backend needs with every call."""

    name: Annotated[str, Meta(min_length=1, description="Its name in the HTTP request.")]
    location: Annotated[
        Place, Meta(description="Where it goes; `server`: a {variable} of the server's URL.")
    ] = msgspec.field(default="header", name="in")
    value: Annotated[str | UnsetType, Meta(description="The value, in the open.")] = UNSET
    secret: Annotated[Secret | UnsetType, Meta(description="Where the value is.")] = UNSET
    required: Annotated[bool, Meta(description="Whether a call needs it.")] = True


class ErrorRuleForm(Form, kw_only=True):
    """How one kind of failure is named; the first that matches counts."""

    status: Annotated[Status | UnsetType, Meta(description="The HTTP status; any if absent.")] = (
        UNSET
    )
    pointer: Annotated[str, Meta(description="A JSON pointer into the body.")] = ""
    equals: Annotated[str, Meta(description="The value there; any if absent.")] = ""
    code: Annotated[CodeName, Meta(description="The code that callers see.")]
    message_pointer: Annotated[
        str, Meta(description="A JSON pointer to the message that callers see.")
    ] = ""


class PolicyForm(Form):
    """How calls are limited and judged."""

    timeout: Annotated[
        str,
        Meta(
            pattern="^[0-9]+(\\.[0-9]+)?(ms|s|m)$",
            description="How long a whole call may take, at most 300s.",
            examples=["10s", "500ms"],
        ),
    ] = "10s"
    success_statuses: Annotated[
        list[Status], Meta(description="The statuses that count as success; 200 to 299 if absent.")
    ] = []
    error_rules: list[ErrorRuleForm] = []
    response_validation: Annotated[
        Literal["off", "warn", "enforce"],
        Meta(description="What becomes of an answer that its declared schema does not allow."),
    ] = "warn"


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


class VersionForm(Form):
    """One edition of the connector: immutable in all but labels and notes."""

    id: Id
    spec: Annotated[
        str | dict[str, Any],
        Meta(
            description="The OpenAPI document: a file beside this one with all that it refers to, "
            "a folder, a zip, a URL, or itself."
        ),
    ]
    spec_root: Annotated[
        str, Meta(description="Which file of a folder or a zip it is, if that is not plain.")
    ] = ""
    server: Annotated[
        str, Meta(description="The backend's URL; the document's own servers if absent.")
    ] = ""
    more_servers: Annotated[
        list[str], Meta(description="More URLs of the same backend, after `server`.")
    ] = []
    balancing: Annotated[
        Literal["first", "failover", "roundRobin"],
        Meta(description="Which of several servers a call goes to."),
    ] = "first"
    indirect: IndirectForm | UnsetType = UNSET
    credentials: list[CredentialForm] = []
    variables: list[VariableForm] = []
    policy: PolicyForm = msgspec.field(default_factory=PolicyForm)
    serialization: SerializationForm = msgspec.field(default_factory=SerializationForm)
    labels: Labels = {}
    notes: Annotated[str, Meta(description="Why it was made, what changed.")] = ""


class FileForm(Form, kw_only=True):
    """A connector and its versions, as a file."""

    connector: Annotated[Id, Meta(description="The connector's id.")]
    title: Annotated[str, Meta(description="A line for people.")] = ""
    description: Annotated[str, Meta(description="What it is for.")] = ""
    labels: Labels = {}
    versions: Annotated[list[VersionForm], Meta(min_length=1)]
    live: Annotated[
        Id | dict[Id, Annotated[int, Meta(ge=1, le=100)]] | UnsetType,
        Meta(
            description="The version that serves `live` calls, or shares that come to 100; "
            "may be absent where there is one version."
        ),
    ] = UNSET


KEYS = frozenset(
    field.encode_name
    for form in (
        FileForm,
        VersionForm,
        IndirectForm,
        CredentialForm,
        BasicForm,
        BearerForm,
        ApiKeyForm,
        VariableForm,
        PolicyForm,
        SerializationForm,
        ErrorRuleForm,
    )
    for field in msgspec.structs.fields(form)
)
"""Every key that the form knows, for suggestions."""


def schema() -> dict[str, Any]:
    """The form as a JSON Schema 2020-12, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Portico connector file",
        **msgspec.json.schema(FileForm),
    }
