"""What does not pass, case by case, each with its reason; a test fails where this is not exact."""

import re
from collections.abc import Mapping

UNSATISFIABLE = "the document asks for what it forbids"
ONE_OF = "no branch of its oneOf excludes another"

UNANSWERABLE: Mapping[tuple[str, str], str] = {
    ("schema-types", "PUT /anything/quirks/polymorphism"): UNSATISFIABLE,
    ("schema-types", "PATCH /anything/quirks/polymorphism"): UNSATISFIABLE,
}
"""Operations of oas-examples for which there are no valid arguments, by the file's stem."""

SET_ASIDE: Mapping[tuple[str, str], str] = {
    (
        "ogcapi-features-1-example2.yaml",
        "GET /collections/buildings/items/{featureId}",
    ): "a parameter that stands at an address elsewhere",
    (
        "mermade__apimatic-petstore-fail.json",
        "GET /pet/findByStatus",
    ): "a required array in a style that a query does not have",
    (
        "mermade__apimatic-petstore-fail.json",
        "GET /pet/findByTags",
    ): "a required array in a style that a query does not have",
}
"""Operations that are listed, and cannot be called."""


NO_DOCUMENTS: Mapping[str, str] = {
    "3.0/pass/resolution/twolevel/subdir1/subdir2/ok.yaml": "a part of another document",
    "3.0/pass/resolution/twolevel/subdir1/test.yaml": "a part of another document",
    "3.0/pass/swagger2openapi/fart.openapi.yaml": "an empty file",
    "3.0/pass/swagger2openapi/swagger.json": "an empty file",
    "3.0/pass/swagger2openapi/test-oas3.yaml": "an empty file",
    "3.0/pass/swagger2openapi/test-openapi.json": "an empty file",
    "3.0/pass/swagger2openapi/test.json": "an empty file",
    "3.0/pass/swagger2openapi/test.yaml": "an empty file",
}
"""Files of openapi3-examples that are no document."""


UNREPORTED: Mapping[str, str] = {
    "3.0/fail/OAI/api-with-examples.yaml": "a brace out of its indentation, which libyaml takes",
}
"""Documents of openapi3-examples that should fail, and of which the report says nothing."""

UNREADABLE: Mapping[str, str] = {
    "broken/microsoft__cognitiveservicestextanalytics.json": "JSON with a bracket too many",
    "broken/microsoft__giphy.json": "JSON with a bracket too many",
}
"""Real documents that are refused, with the place."""

CLIMBS = "null in a `label` is a dot alone, which a path resolves away"
FILE = "base64 that is a form's only file is sent as its bytes"

WIRE: Mapping[tuple[str, str], str] = {
    ("apis-guru__just-eat.co.uk", "POST /orders"): ONE_OF,
    (
        "commonism__param-format",
        "GET /label/query/{string}/{array}/{object}/{empty}/{boolean}/{integer}/{number}",
    ): CLIMBS,
    (
        "commonism__param-format",
        "PATCH /label/query/{string}/{array}/{object}/{empty}/{boolean}/{integer}/{number}",
    ): CLIMBS,
    ("xeroapi__files", "POST /Files"): FILE,
    ("xeroapi__files", "POST /Files/{FolderId}"): FILE,
}
"""Operations of real documents whose requests are not what the document alone says."""

CROWDSEC = (
    "DELETE /alerts",
    "DELETE /alerts/{alert_id}",
    "DELETE /decisions",
    "DELETE /decisions/{decision_id}",
    "DELETE /watchers/self",
    "GET /alerts",
    "GET /alerts/{alert_id}",
    "HEAD /alerts",
    "HEAD /alerts/{alert_id}",
    "POST /alerts",
)

READ_ONLY = "the judge wants what is readOnly"
FORM_MAP = "the judge takes members of a map in a form for texts"
NO_ENUM = "the document lists nothing, and the judge allows nothing"
NAMES = "the judge takes titles for the names of schemas"
UNION = "the judge has an alternative of arrays for the only one"
FILES = "the judge cannot tell a file from an address"
ITEMS = "the values of items, listed for their array"
TYPED = "values of another type than the one declared"
NO_SCHEME = "the document asks for a scheme that it does not declare"
NO_NAME = "the document names a header `Authorization: Bearer`, which is no name"

JUDGED: Mapping[tuple[str, str], str] = {
    ("akamai__edgekv", "POST /networks/{network}/namespaces"): UNSATISFIABLE,
    ("apideck-libraries__file-storage", "PATCH /file-storage/drive-groups/{id}"): READ_ONLY,
    ("apideck-libraries__file-storage", "POST /file-storage/drives"): READ_ONLY,
    ("apideck-libraries__file-storage", "POST /file-storage/shared-links"): READ_ONLY,
    (
        "apis-guru__atlassian.com-jira",
        "PUT /rest/api/3/issuesecurityschemes/{schemeId}/level/{levelId}/member",
    ): UNSATISFIABLE,
    ("apis-guru__atlassian.com-jira", "POST /rest/api/3/screenscheme"): UNSATISFIABLE,
    ("apis-guru__just-eat.co.uk", "POST /orders"): ONE_OF,
    ("apis-guru__stackexchange.com", "GET /search/advanced"): TYPED,
    ("apis-guru__stripe.com", "POST /v1/coupons"): FORM_MAP,
    ("apis-guru__stripe.com", "POST /v1/prices"): FORM_MAP,
    ("apis-guru__stripe.com", "POST /v1/products"): FORM_MAP,
    ("commonism__param-format", "GET /deepObject/nested/query"): FORM_MAP,
    (
        "commonism__param-format",
        "GET /label/query/{string}/{array}/{object}/{empty}/{boolean}/{integer}/{number}",
    ): CLIMBS,
    (
        "commonism__param-format",
        "PATCH /label/query/{string}/{array}/{object}/{empty}/{boolean}/{integer}/{number}",
    ): CLIMBS,
    **{("crowdsecurity__lapi", key): NO_NAME for key in CROWDSEC},
    ("discord__discord", "PATCH /guilds/{guild_id}/requests/{request_id}"): NO_ENUM,
    ("discord__discord", "GET /guilds/{guild_id}/requests"): NO_ENUM,
    ("discord__discord", "GET /guilds/{guild_id}/prune"): UNION,
    ("ory__kratos-swagger2", "POST /self-service/settings"): NO_SCHEME,
    ("readmeio__discriminators", "PATCH /discriminator-with-no-mapping"): NAMES,
    ("readmeio__discriminators", "PATCH /mapping-of-schema-names"): NAMES,
    ("readmeio__discriminators", "PATCH /oneof-allof-top-level-disc"): NAMES,
    ("togethercomputer__together", "POST /audio/transcriptions"): FILES,
    ("togethercomputer__together", "POST /audio/translations"): FILES,
    ("zoom__zoom-v2", "POST /webhooks"): ITEMS,
    ("zoom__zoom-v2", "PATCH /webhooks/{webhookId}"): ITEMS,
}
"""Operations of real documents that a judge complains of, by the file's stem."""

NOT_STARTED = frozenset(
    {
        "kong__kong-admin.yaml",
        "langchain-ai__wolframalpha.json",
        "meilisearch__meilisearch.json",
        "mermade__event-backend-fail.json",
        "mermade__extensions-everywhere.yaml",
        "microsoft__openapi32.json",
        "sonallux__spotify-official.yaml",
        "traccar__traccar.yaml",
    }
)
"""Real documents that their judge does not start with."""

DIFFERENT = "the two editions declare different types"

TWINS: Mapping[tuple[str, str], str] = {
    ("ory__kratos-swagger2", "GET /admin/courier/messages"): DIFFERENT,
    ("ory__kratos-swagger2", "PATCH /admin/identities"): DIFFERENT,
}
"""Operations whose two editions differ in themselves, by the older one's stem."""

NAN = "no proxy can pass: the suite looks for a header of its own in the proxy's 504"
AGES = "`Age: 0,7200` is to be young here and `Age: 0, 0` old there; in doubt it is old"
CODED = "answers in a coding that nobody offered are refused before the cache"
FRAMED = "answers that are framed in two ways are refused before the cache"
COOKIES = "answers that set cookies are not shared"
PARTS = "parts are not remembered"
UNSAFE = "answers to POST are not remembered"
SINCE = "Date stands in for Last-Modified (RFC 9111 section 4.3.2), and is later"
LANGUAGE = "which language an answer is in does not choose it"
MALFORMED = "malformed or contradictory: taken for stale"
DISTRUSTED = "nothing stale is given where nobody allows it"
SILENT = "a tenth of so little is less than a second"
UNQUOTED = "an entity tag without its quotes is none, and passed on as it is"
OTHERS = "it chose another request's answer"
HEADS = "what an answer to HEAD says is what it says"
UNANNOUNCED = "nothing is added to requests"
OVER = "it was stale when it came: not kept"

CACHE: Mapping[str, str] = {
    "stale-close-must-revalidate": NAN,
    "stale-close-no-cache": NAN,
    "stale-close-proxy-revalidate": NAN,
    "stale-close-s-maxage=2": NAN,
    "age-parse-prefix": AGES,
    "304-etag-update-response-Content-Encoding": CODED,
    "headers-store-Content-Encoding": CODED,
    "headers-store-Transfer-Encoding": FRAMED,
    "304-etag-update-response-Set-Cookie": COOKIES,
    "headers-store-Set-Cookie": COOKIES,
    "other-set-cookie": COOKIES,
    "partial-store-partial-complete": PARTS,
    "partial-store-partial-reuse-partial": PARTS,
    "partial-store-partial-reuse-partial-absent": PARTS,
    "partial-store-partial-reuse-partial-byterange": PARTS,
    "partial-store-partial-reuse-partial-suffix": PARTS,
    "method-POST": UNSAFE,
    "conditional-lm-fresh-no-lm": SINCE,
    "vary-normalise-lang-select": LANGUAGE,
}
"""Tests of http-cache-tests that do not pass."""

MALFORMED_AGES = (
    "100a",
    "a100",
    "decimal-five",
    "decimal-zero",
    "multiple-directive",
    "multiple-line",
    "two-fresh-stale-sameline",
    "two-fresh-stale-sepline",
    "two-stale-fresh-sameline",
    "two-stale-fresh-sepline",
)
MALFORMED_DATES = (
    "32bit",
    "far-future",
    "invalid-1-digit-hour",
    "invalid-2-digit-year",
    "invalid-aest",
    "invalid-date-dashes",
    "invalid-multiple-lines",
    "invalid-multiple-spaces",
    "invalid-no-comma",
    "invalid-time-periods",
    "invalid-utc",
)

CACHE_NOES: Mapping[str, str] = {
    **{f"freshness-max-age-{each}": MALFORMED for each in MALFORMED_AGES},
    **{f"freshness-expires-{each}": MALFORMED for each in MALFORMED_DATES},
    "ccreq-max-stale-age": OVER,
    "conditional-etag-forward-unquoted": UNQUOTED,
    "conditional-etag-quoted-respond-unquoted": UNQUOTED,
    "conditional-etag-strong-generate-unquoted": UNQUOTED,
    "conditional-etag-strong-respond-obs-text": UNQUOTED,
    "conditional-etag-unquoted-respond-quoted": UNQUOTED,
    "conditional-etag-vary-headers-mismatch": OTHERS,
    "head-200-retain": HEADS,
    "head-410-update": HEADS,
    "heuristic-delta-5": SILENT,
    "heuristic-delta-10": SILENT,
    "heuristic-delta-30": SILENT,
    "stale-503": DISTRUSTED,
    "stale-close": DISTRUSTED,
    "stale-warning-become": DISTRUSTED,
    "stale-warning-stored": DISTRUSTED,
    "surrogate-append-capabilities": UNANNOUNCED,
}
"""Questions of http-cache-tests that are answered with no."""

ARGUMENTS = "an action's arguments are judged by the action's own schema"
DOCUMENTS = "a text that is no OpenAPI document"
PATHS = "what ends a line can end a request"
WIDTHS = "OpenAPI's formats are asserted: the backend would refuse the value"
GRAMMAR = "a filter has a grammar of its own (AIP-160)"
TOKENS = "a token is what an earlier answer told"
ONE_OF_FIELDS = "told in words: generators of clients lose the properties beside a `oneOf`"
EMPTY = "an empty text is one that is not given, as proto3 has it"
NEW = "a new one needs it, a change does not, and both have one schema"
CODED_BYTES = "`contentEncoding` says so, which validators do not hold against a text"
RELATED = "whether a value may be given lies with another one"
DRAFTS = "a new version is judged as a whole: its document, credentials, variables and policy"
OWN = "what a connection or a subject gives is judged as a whole, by its version"
FILES = "a connector file has a schema of its own: docs/connector-file.schema.json"
CLOCK = "whether a time has passed is told by the clock"
SETTINGS = "the operator has not said where browsers come back to"
RETURNS = "where a browser may be sent is judged by what the operator allows"
LIVES = "versions of flows are v1, v2 and so on; those of connectors have names"
WHOLES = "an alert and a subscription are judged as a whole, a new one as a changed one"
TEXTS = "JSON within a text has no schema"
STATES = "it is not the moment for it"
PRINTABLE = "no pattern tells printable characters of Unicode"

BEYOND_SCHEMAS: Mapping[re.Pattern[str], str] = {
    re.compile(words): reason
    for words, reason in {
        "^page_token: is not a token of this service": TOKENS,
        "^page_token: belongs to another request; start without": TOKENS,
        "has a line break or NUL, which no path may hold$": PATHS,
        r": must fit a number of \d+ bits$": WIDTHS,
        "^filter: ": GRAMMAR,
        "^parent: of all versions only .+ is listed": RELATED,
        "^(elements_pointer|framing|last_event_id|reconnect): is for .+, not for ": RELATED,
        "^last_event_id: must be printable text": PRINTABLE,
        "^(body|body.data|spec_archive): must be bytes in base64$": CODED_BYTES,
        r"^(secret.value|spec_text): a \w+ is required$": EMPTY,
        "^connection.connector: the id of a connector is required$": NEW,
        "^subject.external_id: is required: a line": NEW,
        "^: give only one of ": ONE_OF_FIELDS,
        "^known_number: known_number and known_digest are given together": RELATED,
        r"^(connection|subject)\.(variables|secrets|credentials|limits)\[": OWN,
        "^key.expire_time: has passed$": CLOCK,
        r"^[^:]*: document:\d+: ": FILES,
        "^public_url: must say where the HTTP face is": SETTINGS,
        "^return_uri: ": RETURNS,
        r"^(initial_version|changes\[\d+\])\.": DRAFTS,
        "^subject: is of another connection": RELATED,
        r"^(end_time|start_time|interval|flow|group_by): (must be|at most|fig|gives)": RELATED,
        "^name: `flows/[^`]*` is not of the form flows/": LIVES,
        "^resume_token: is not a token of this watch": TOKENS,
        "^event.type: .+ is of the gateway's own events": RELATED,
        r"^(flow\.)?source: a definition is required": NEW,
        r"^(alert|subscription)\.": WHOLES,
        "^url: is required": EMPTY,
        "^event.source: must name": PRINTABLE,
        r"^(event.data|input|parameters_json|values_json|outputs)\b.*: (must be|is no) ": TEXTS,
    }.items()
}
"""What is refused though its schema allows it, by the field and the words of the refusal."""

BEYOND_DOCUMENTS: Mapping[str, str] = {
    "INVALID_PARAMETERS": ARGUMENTS,
    "INVALID_SPEC": DOCUMENTS,
    "DEFINITION_INVALID": DOCUMENTS,
    "EXPRESSION_INVALID": DOCUMENTS,
    "FLOW_UNPUBLISHED": STATES,
    "TRIGGER_MISMATCH": STATES,
    "RUN_STATE_WRONG": STATES,
}
"""The same, of the API alone, by the reason of the refusal."""
