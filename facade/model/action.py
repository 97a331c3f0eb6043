"""Action: one operation of an OpenAPI document, compiled into something one can call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from facade.model.paging import PageRule
from facade.model.xml import UNSHAPED, Element, Late

Schema: TypeAlias = Mapping[str, Any] | bool
"""A JSON Schema 2020-12 that stands alone: its `$ref`s point into its own `$defs`."""


class Deferred:
    """A schema field that may be given as a function, called at its first reading.

    Schemas that stand alone outweigh their document many times, and nearly none
    of them is read. Whoever reads the field gets a plain dict or bool, and
    always the same one. Without a value it is `True`, which allows anything. A
    dataclass with such a field has no slots: they would take the field's place.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.store = f"_{name}"

    def __get__(self, instance: object, owner: type | None = None) -> Schema:
        if instance is None:
            return True
        value: Schema | Callable[[], Schema] = getattr(instance, self.store)
        if callable(value):
            value = value()
            object.__setattr__(instance, self.store, value)
        return value

    def __set__(self, instance: object, value: Schema | Callable[[], Schema]) -> None:
        object.__setattr__(instance, self.store, value)


class Location(StrEnum):
    """Where in the HTTP request an argument goes."""

    PATH = "path"
    QUERY = "query"
    QUERYSTRING = "querystring"
    """The whole query, as one value (OAS 3.2 section 4.12.1)."""
    HEADER = "header"
    COOKIE = "cookie"
    BODY = "body"


class Style(StrEnum):
    """How a value is written (OAS 3.2 section 4.12.3); TAB is Swagger 2.0's `tsv`."""

    SIMPLE = "simple"
    LABEL = "label"
    MATRIX = "matrix"
    FORM = "form"
    COOKIE = "cookie"
    SPACE = "spaceDelimited"
    PIPE = "pipeDelimited"
    TAB = "tabDelimited"
    DEEP_OBJECT = "deepObject"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHeader:
    """One header that a part of a multipart body may have."""

    name: str
    required: bool = False
    default: str | None = None
    """Sent only where the header is required and absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How one property or item of a form or multipart body is written (OAS `encoding` object)."""

    content_type: str | None = None
    """A media type, a range, or several of both, separated by commas."""
    style: Style | None = None
    """None: by content type, the standard's rule where no style is given."""
    explode: bool = True
    allow_reserved: bool = False
    headers: tuple[PartHeader, ...] = ()
    """The part's headers that a caller may give."""
    members: Mapping[str, "Encoding"] = field(default_factory=dict)
    """Of a multipart body or a form within it, by name."""
    prefix: tuple["Encoding", ...] = ()
    """Of a multipart body within it: of its first parts, by position."""
    item: "Encoding | None" = None
    """Of a multipart body within it: of the parts that `prefix` does not reach."""


@dataclass(frozen=True, kw_only=True)
class Media:
    """One media type of a body, with its schema."""

    type: str
    """As written in the document: with parameters, or a range such as `image/*`."""
    schema: Deferred = Deferred()
    """Of the whole content; a sequence is an array of its items (OAS 3.2 section 4.14.2)."""
    item_schema: Deferred = Deferred()
    """Of each item of a sequence (OAS 3.2 `itemSchema`)."""
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    prefix_encoding: tuple[Encoding, ...] = ()
    item_encoding: Encoding | None = None
    untyped_is_binary: bool = False
    """Whether a part whose schema names no type is bytes (OAS 3.1 and later)."""
    xml: Late[Element | None] = UNSHAPED
    """Of a type that is XML or may be; None: the schema says nothing of the content."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One argument that goes to the path, the query, a header or a cookie."""

    key: str
    """What the caller calls it: its name, or `location.name` where two share the name."""
    name: str
    """What the backend calls it."""
    location: Location
    required: bool
    style: Style
    explode: bool
    delimiters: tuple[str, ...] = ()
    """Between items, the outermost first, where the style's own is not meant."""
    schema: Deferred = Deferred()
    allow_reserved: bool = False
    allow_empty: bool = False
    multi_segment: bool = False
    """Whether a slash in its value stays one (`x-multi-segment`)."""
    encode_twice: bool = False
    """Whether its value is percent-encoded twice (`x-ms-url-encoding: double`)."""
    slot: str = ""
    """What stands for it between the braces of the path where that is not its name: `.id*`."""
    media_type: str | None = None
    """The media type of a `content` parameter, which has no style."""
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    """Of a `content` parameter that is a form: by property."""
    xml: Late[Element | None] = UNSHAPED
    """Of a `content` parameter that is XML; None: the schema says nothing of the content."""
    default: Any = None
    """Sent only where the parameter is required and absent."""
    description: str = ""
    deprecated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The request body, in one of several media types."""

    required: bool
    media: tuple[Media, ...]
    """The preferred one first: JSON, +json, form, multipart, text, anything else."""
    flat: tuple[str, ...] = ()
    """The properties that may be given as arguments of their own: none clashes."""
    flat_required: tuple[str, ...] = ()
    """Those of them that the body cannot be without."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the document says of one status, a range of statuses, or the rest."""

    status: str
    """`200`, `2XX` or `default`."""
    media: tuple[Media, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One way to a token (OAS `oauthFlow` object)."""

    name: str
    """`clientCredentials`, `password`, `authorizationCode`, …"""
    token_uri: str = ""
    refresh_uri: str = ""
    authorization_uri: str = ""
    """Where people consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityScheme:
    """How a credential signs a call (OAS `securityScheme` object)."""

    name: str
    """The key in the document's components."""
    type: str
    """`apiKey`, `http`, `oauth2`, `openIdConnect` or `mutualTLS`."""
    scheme: str = ""
    """Of type `http`: `basic`, `bearer`, …, in lower case."""
    location: Location = Location.HEADER
    """Of type `apiKey`."""
    parameter: str = ""
    """Of type `apiKey`: the name of the header, query parameter or cookie."""
    flows: tuple[Flow, ...] = ()
    """Of type `oauth2`."""
    discovery_uri: str = ""
    """Of type `openIdConnect`: where the provider describes itself."""
    scopes: tuple[str, ...] = ()
    """Those that a requirement asks for."""


Requirement: TypeAlias = tuple[SecurityScheme, ...]
"""Schemes that must all sign; the empty one asks for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the backend is (OAS `server` object); `url` may hold `{variables}`."""

    url: str
    variables: Mapping[str, str] = field(default_factory=dict)
    """The defaults."""
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong or doubtful in a document."""

    code: str
    """A stable word in kebab-case, for example `dangling-ref`."""
    message: str
    pointer: str
    """A JSON pointer into the document (RFC 6901)."""
    severity: str = "error"
    """`error`: the document breaks the standard; `warning`: it is doubtful."""
    line: int = 0
    """From 1; 0 where the place is not known."""
    column: int = 0
    source: str = ""
    """The source line, at most 200 characters of it."""
    file: str = ""
    """Of a document of several files: which of them the pointer leads into."""


UNPAGED: Late[PageRule | None] = Late(None)
"""Of actions of whose pages nothing is known."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Action:
    """One operation, with everything that a call needs and nothing else.

    Compared by identity: a document has each action once, and what is compiled
    of it is kept beside it.
    """

    id: str
    """operationId where it is legal, else made of method and path words; at most 128 characters."""
    alias: str = ""
    """The last static segment of the path where it is unique in the version, else empty."""
    method: str
    """In capitals; of `additionalOperations`, as the document writes it (OAS 3.2)."""
    path: str
    """The path template as the document writes it."""
    pointer: str
    """Where the operation stands in the document."""
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    responses: tuple[Response, ...] = ()
    security: tuple[Requirement, ...] | None = None
    """Any one of them suffices; None: the document does not speak of security at all."""
    servers: tuple[Server, ...] = ()
    """The operation's own, else the path's, else the document's."""
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    input_schema: Deferred = Deferred()
    """Of the whole set of arguments, as ListActions shows it and validation uses it."""
    paging: Late[PageRule | None] = UNPAGED
    """How its answers go on from page to page; None: the document does not tell."""
    problems: tuple[Problem, ...] = ()
    """Why it cannot be called; empty where it can."""

    @property
    def safe(self) -> bool:
        """Whether a call changes nothing at the backend (RFC 9110 section 9.2.1)."""
        return self.method in {"GET", "HEAD", "OPTIONS", "TRACE"}

    @property
    def idempotent(self) -> bool:
        """Whether a repeat does no more than one call (RFC 9110 section 9.2.2)."""
        return self.safe or self.method in {"PUT", "DELETE"}
