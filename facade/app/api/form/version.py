"""Versions and connectors, by field."""

from dataclasses import dataclass, field, replace
from typing import Any

from facade.app.api.form.action import PROBLEM
from facade.app.api.form.credential import CREDENTIAL, PASSTHROUGH
from facade.app.api.form.difference import DIFFERENCE
from facade.app.api.form.form import LABELS, TEXTS, Field, Form, Listed, Way, made
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.policy import POLICY
from facade.app.api.form.resource import CREATE_TIME, UPDATE_TIME
from facade.app.api.form.scalar import BYTES, MOMENT, NAME, PROSE, REFERENCE, TEXT, WHOLE, choice
from facade.app.api.form.variable import VARIABLE
from facade.catalog.verdicts import told
from facade.model.change import Draft
from facade.model.version import (
    Balancing,
    DeepObjectArrays,
    Destination,
    HttpVersion,
    LabelDelimiter,
    Network,
    Serialization,
    State,
    Version,
    facade_at,
)

MAX_PROBLEMS = 1000
"""So many problems of a version are shown."""

NETWORK = Form(
    "Network",
    "How connections to a backend are made, where that is not the usual way.",
    (
        Field(
            "ca_secret",
            REFERENCE,
            "Where the PEM certificates are that are trusted instead of the system's, as a secret "
            "is named: `file:backend-ca.pem`.",
            own="ca",
        ),
        Field("proxy", TEXT, "The name of one of the operator's proxies."),
        Field(
            "source_address",
            TEXT,
            "Which address of the gateway's machine they come from, of those that the operator "
            "allows: for backends that know their callers by address.",
        ),
        Field(
            "http_version",
            choice("HTTP_VERSION", HttpVersion),
            "Which version of HTTP is spoken with the backend.",
        ),
    ),
    made(Network),
)

DIRECT = Form(
    "Direct",
    "The gateway calls the backend.",
    (
        Field("base_uri", TEXT, "Replaces the document's server URL.", own="uri"),
        Field(
            "more_base_uris",
            Listed(TEXT),
            "More servers of the same backend, in their order.",
            own="others",
        ),
        Field(
            "balancing",
            choice("BALANCING", Balancing),
            "Which of several servers a call goes to: these, or else the document's own.",
            silent=Balancing.FIRST,
        ),
    ),
    made(Destination),
)

INDIRECT = Form(
    "Indirect",
    "The gateway calls a facade that calls the backend.",
    (
        Field(
            "facade_uri",
            TEXT,
            "The address below which the facade serves the document's paths. If unset: the "
            "document's own server.",
            own="uri",
        ),
        Field(
            "facade_credential",
            CREDENTIAL,
            "How the gateway signs its calls to the facade.",
            own="credential",
        ),
        Field(
            "more_facade_uris",
            Listed(TEXT),
            "More addresses of the same facade, each for when those before it cannot be reached.",
            own="others",
        ),
        Field(
            "mark",
            TEXT,
            "The name of a header that every answer of the facade has: without it an answer is "
            "that of a proxy or of another server, whatever its status. `none`: the facade has no "
            "such header, and every answer is taken for its own. If unset: the facade is a "
            "Portico, and is told on whose behalf calls are made.",
        ),
    ),
    lambda given, _place: facade_at(
        given.get("uri", ""),
        given.get("others", ()),
        mark=given.get("mark", ""),
        credential=given.get("credential"),
        network=Network(),
    ),
)

SERIALIZATION = Form(
    "Serialization",
    "How parameters are written where editions of the standard differ or say nothing.",
    (
        Field(
            "deep_object_arrays",
            choice("DEEP_OBJECT_ARRAYS", DeepObjectArrays),
            "How an array within a `deepObject` is written.",
        ),
        Field(
            "label_delimiter",
            choice("LABEL_DELIMITER", (LabelDelimiter.COMMA, LabelDelimiter.DOT)),
            "What stands between the items of a `label` that does not explode.",
        ),
    ),
    made(Serialization),
)


DEPRECATION = Form(
    "Deprecation",
    "Since when callers should leave a version, and how long they can stay.",
    (
        Field("deprecate_time", MOMENT, "Since when: answers say so (RFC 9745).", own="time"),
        Field(
            "sunset_time",
            MOMENT,
            "When it is going to be deleted: answers say so (RFC 8594).",
            own="sunset",
        ),
        Field("notes", PROSE, "Words for people: why, and what to call instead."),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request says of a version: which one, and what it is to be made of."""

    name: str = ""
    etag: str = ""
    draft: Draft = field(default_factory=Draft)


def _direct(version: Version) -> Destination | None:
    to = version.destination
    plain = to.indirect or not (to.uri or to.balancing is not Balancing.FIRST)
    return None if plain else to


def _asked(given: dict[str, Any], _place: FieldPlace) -> Asked:
    to = given.pop("indirect", None) or given.pop("direct", Destination())
    return Asked(
        name=given.pop("name", ""),
        etag=given.pop("etag", ""),
        draft=Draft(
            destination=replace(to, network=given.pop("network", Network())),
            **given,
        ),
    )


VERSION = Form(
    "ConnectorVersion",
    "One way to reach a connector's backend: a document, credentials, variables.",
    (
        Field("name", NAME, "Format: connectors/{connector}/versions/{version}"),
        Field("etag", TEXT, "Changes with every change of the version."),
        CREATE_TIME,
        UPDATE_TIME,
        Field("state", choice("STATE", State), "Where it stands.", way=Way.OUT),
        Field("traffic_percent", WHOLE, "The share of `live` calls that it gets.", way=Way.OUT),
        Field(
            "spec_uri",
            TEXT,
            "An https address that the server reads it from, once, under the same egress rules as "
            "any call.",
            oneof="spec",
            get=lambda version: version.spec_uri or None,
        ),
        Field("spec_text", TEXT, "Itself, as YAML or JSON.", way=Way.IN, oneof="spec"),
        Field(
            "spec_archive",
            BYTES,
            "A zip of all of its files: they become one document.",
            way=Way.IN,
            oneof="spec",
        ),
        Field(
            "spec_root",
            TEXT,
            "Which file of the archive it is. If unset: the one called openapi or swagger, else "
            "the only one that is an OpenAPI document.",
            way=Way.IN,
        ),
        Field(
            "direct", DIRECT, "The gateway calls the backend.", oneof="connectivity", get=_direct
        ),
        Field(
            "indirect",
            INDIRECT,
            "The gateway calls a facade that calls the backend.",
            oneof="connectivity",
            get=lambda version: version.destination if version.destination.indirect else None,
        ),
        Field(
            "credentials",
            Listed(CREDENTIAL),
            "How the gateway signs its calls: one for each security scheme it uses.",
        ),
        Field(
            "backend_variables",
            Listed(VARIABLE),
            "Values that the backend needs with every call.",
            own="variables",
        ),
        Field("policy", POLICY, "How calls are limited, remembered, repeated and judged."),
        Field(
            "problems",
            Listed(PROBLEM),
            "What is wrong or doubtful in the document; at most 1,000 of them.",
            way=Way.OUT,
            get=lambda version: version.problems[:MAX_PROBLEMS],
        ),
        Field(
            "labels",
            LABELS,
            "For sorting and finding; at most 64, keys and values of at most 63 characters.",
        ),
        Field("notes", PROSE, "Words for people: why it was made, what changed."),
        Field("action_count", WHOLE, "How many actions it has.", way=Way.OUT),
        Field(
            "spec_digest",
            TEXT,
            "SHA-256 of the document's text, in hex; of several files, of the one document that "
            "they became.",
            way=Way.OUT,
        ),
        Field(
            "spec_source_digest",
            TEXT,
            "That of the document before files elsewhere became part of it, where it refers to "
            "such: what says whether the same was given again.",
            way=Way.OUT,
            own="source_digest",
        ),
        Field(
            "serialization",
            SERIALIZATION,
            "How parameters are written where editions of the standard differ or say nothing.",
            silent=Serialization(),
        ),
        Field(
            "passthrough",
            Listed(PASSTHROUGH),
            "What callers sign with themselves: entries of their metadata that become headers.",
        ),
        Field(
            "network",
            NETWORK,
            "How connections to the backend are made, where that is not the usual way.",
            get=lambda version: version.destination.network,
            silent=Network(),
        ),
        Field(
            "difference",
            DIFFERENCE,
            "What it changes for those who called the version that served when it was created; "
            "unset where none did.",
            way=Way.OUT,
            get=lambda version: told(version, 0),
        ),
        Field(
            "match_headers",
            TEXTS,
            "The `live` calls that it gets whatever its share: those whose metadata has one of "
            "these keys with this value, or with one that begins as a value that ends with `*`.",
            way=Way.OUT,
            own="matches",
        ),
        Field(
            "deprecation",
            DEPRECATION,
            "Since when callers should leave it, and how long they can stay.",
            way=Way.OUT,
        ),
    ),
    _asked,
)

CONNECTOR = Form(
    "Connector",
    "A backend that the gateway knows.",
    (
        Field("name", NAME, "Format: connectors/{connector}"),
        Field("title", PROSE, "A line for people."),
        Field("description", PROSE, "What it is for."),
        Field(
            "labels",
            LABELS,
            "For sorting and finding; at most 64, keys and values of at most 63 characters.",
        ),
        Field(
            "etag", TEXT, "Changes with every change of the connector or of a version's traffic."
        ),
        CREATE_TIME,
        UPDATE_TIME,
        Field(
            "live_versions",
            Listed(NAME),
            "The versions that serve `live` calls.",
            way=Way.OUT,
            get=lambda connector: [each.name for each in connector.live],
        ),
    ),
)
