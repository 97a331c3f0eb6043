"""Actions and what is said of documents, by field; only ever written."""

from facade.app.api.form.difference import DIFFERENCE
from facade.app.api.form.form import Field, Form, Listed, Way
from facade.app.api.form.scalar import (
    ARGUMENT,
    FLAG,
    LONG_COUNT,
    NAME,
    POINTER,
    TEXT,
    TREE,
    WHOLE,
    Choice,
    choice,
)
from facade.model.action import Location
from facade.model.paging import PageKind
from facade.spec.mapping import Fidelity

SEVERITY = Choice(
    {"SEVERITY_UNSPECIFIED": "", "SEVERITY_ERROR": "error", "SEVERITY_WARNING": "warning"}
)

PROBLEM = Form(
    "Problem",
    "One thing that is wrong or doubtful in an OpenAPI document.",
    (
        Field("severity", SEVERITY, "How bad it is."),
        Field("code", TEXT, "A stable word for the kind of problem, for example `dangling-ref`."),
        Field("message", TEXT, "What is wrong and what would be right."),
        Field("pointer", TEXT, "A JSON pointer into the document."),
        Field("line", WHOLE, "The line, from 1; 0 where it is not known."),
        Field("column", WHOLE, "The column, from 1; 0 where it is not known."),
        Field("source", TEXT, "The line itself, cut at 200 characters."),
        Field(
            "file", TEXT, "Of a document of several files: which of them the pointer leads into."
        ),
    ),
)

PAGE_RULE = Form(
    "PageRule",
    "How the answers of an action go on from page to page. Places in an answer are JSON pointers "
    "(RFC 6901), in which `-1` is the last item of an array. An argument is said by its name, or "
    "by a JSON pointer where it is within one: `/body/cursor`.",
    (
        Field(
            "kind",
            choice("PAGE_KIND", (each for each in PageKind if each is not PageKind.AUTO)),
            "What leads from one page to the next.",
        ),
        Field(
            "items_pointer",
            POINTER,
            "The array whose elements are the items: empty for the whole answer. If unset, the "
            "one array that the answer is or has.",
            optional=True,
            own="items",
        ),
        Field(
            "next_pointer",
            POINTER,
            "Of NEXT_URL and CURSOR: the URL or the token of the next page.",
            own="next",
        ),
        Field("header", TEXT, "The header that has it, in place of `next_pointer`."),
        Field(
            "parameter", ARGUMENT, "Of CURSOR, PAGE and OFFSET: the argument that says which page."
        ),
        Field(
            "size_parameter",
            ARGUMENT,
            "The argument that says how many items a page has: where it is given, a page of fewer "
            "items is the last.",
            own="size",
        ),
        Field("more_pointer", POINTER, "What is false on the last page.", own="more"),
        Field("last_pointer", POINTER, "What is true on the last page.", own="last"),
        Field(
            "total_pointer",
            POINTER,
            "Of PAGE, how many pages there are; of OFFSET, how many items.",
            own="total",
        ),
        Field(
            "first",
            LONG_COUNT,
            "Of PAGE and OFFSET, the number of the first page or item. If unset, 1 and 0.",
            optional=True,
        ),
        Field(
            "source",
            TEXT,
            "What says so: the name of an extension of OpenAPI such as `x-ms-pageable`, `links`, "
            "`convention` for names that fit together, or `caller`.",
            way=Way.OUT,
        ),
    ),
)

PARAMETER = Form(
    "Parameter",
    "One argument of an action.",
    (
        Field("name", TEXT, "The name by which a caller passes it.", way=Way.OUT),
        Field("location", choice("LOCATION", Location), "Where it goes.", way=Way.OUT),
        Field("required", FLAG, "Whether a call without it is invalid.", way=Way.OUT),
        Field("description", TEXT, "What it means.", way=Way.OUT),
        Field("schema", TREE, "Its JSON Schema. Only in the view FULL.", way=Way.OUT),
    ),
)

ACTION = Form(
    "Action",
    "One operation of a backend's OpenAPI document, as something one can call.",
    (
        Field("name", NAME, "Format: connectors/{connector}/versions/{version}/actions/{action}"),
        Field("title", TEXT, "A line for people.", way=Way.OUT),
        Field("description", TEXT, "What it does, as the document says.", way=Way.OUT),
        Field("tags", Listed(TEXT), "The document's tags.", way=Way.OUT),
        Field("method", TEXT, "The HTTP method.", way=Way.OUT),
        Field("path", TEXT, "The path template.", way=Way.OUT),
        Field("safe", FLAG, "Whether it changes nothing at the backend.", way=Way.OUT),
        Field("idempotent", FLAG, "Whether a repeat does no more than one call.", way=Way.OUT),
        Field("deprecated", FLAG, "Whether the document calls it deprecated.", way=Way.OUT),
        Field(
            "parameters", Listed(PARAMETER), "The parameters, in the document's order.", way=Way.OUT
        ),
        Field(
            "input_schema",
            TREE,
            "JSON Schema of the arguments. Only in the view FULL.",
            way=Way.OUT,
        ),
        Field(
            "output_schema", TREE, "JSON Schema of the output. Only in the view FULL.", way=Way.OUT
        ),
        Field(
            "alias",
            TEXT,
            "A shorter id under which it can be called too: the last fixed segment of the path, "
            "where it is unique in the version.",
            way=Way.OUT,
        ),
        Field(
            "callable",
            FLAG,
            "Whether it can be called.",
            way=Way.OUT,
            get=lambda action: not action.problems,
        ),
        Field("problems", Listed(PROBLEM), "Why it cannot be called.", way=Way.OUT),
        Field(
            "paging",
            PAGE_RULE,
            "How its answers go on from page to page, if the document tells: what StreamAction "
            "walks by where `paging` is set.",
            way=Way.OUT,
        ),
    ),
)

TALLY = Form(
    "MappingTally",
    "How many parts of one kind map how well.",
    (
        Field(
            "part",
            TEXT,
            "The kind: operations, parameters, media types, responses, schemas, security schemes, "
            "servers.",
        ),
        Field("exact", WHOLE, "As the standard defines them."),
        Field(
            "approximate", WHOLE, "By a rule of Portico's own, or with something left unchecked."
        ),
        Field("opaque", WHOLE, "Passed on without being understood, or not offered."),
    ),
)

NOTE = Form(
    "MappingNote",
    "One part of an OpenAPI document that does not map exactly.",
    (
        Field("fidelity", choice("FIDELITY", Fidelity), "How well the part maps."),
        Field("code", TEXT, "A stable word for the kind of note, for example `deep-object-array`."),
        Field("message", TEXT, "What becomes of the part."),
        Field("pointer", TEXT, "A JSON pointer into the document."),
        Field("line", WHOLE, "The line, from 1; 0 where it is not known."),
        Field("column", WHOLE, "The column, from 1; 0 where it is not known."),
        Field("source", TEXT, "The line itself, cut at 200 characters."),
        Field("remedy", TEXT, "What makes the part map exactly."),
        Field(
            "overlay",
            TEXT,
            "The remedy as an action of an Overlay document (OAI Overlay 1.0), in YAML, where it "
            "can be written down.",
        ),
        Field(
            "file", TEXT, "The file that the pointer leads into, for a document of several files."
        ),
    ),
)

MAPPING = Form(
    "MappingReport",
    "How well the parts of an OpenAPI document become calls.",
    (
        Field("tallies", Listed(TALLY), "How many parts of each kind map how well."),
        Field("notes", Listed(NOTE), "What does not map exactly, in the document's order."),
    ),
)

REPORT = Form(
    "ValidateSpecResponse",
    "Response message for CatalogService.ValidateSpec.",
    (
        Field(
            "openapi_version",
            TEXT,
            "The version of the standard that the document names, for example `3.0.3`.",
            own="openapi",
        ),
        Field("action_count", WHOLE, "How many actions it has."),
        Field(
            "unsupported_actions",
            Listed(ACTION),
            "The actions that were set aside, with their problems.",
        ),
        Field(
            "problems", Listed(PROBLEM), "What is wrong or doubtful in it, in the document's order."
        ),
        Field("mapping", MAPPING, "How well its parts become calls."),
        Field(
            "difference",
            DIFFERENCE,
            "What it changes for those who call the version that it was compared with.",
        ),
    ),
)
