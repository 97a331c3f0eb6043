"""The answers of the facade's own that a document declares beside the backend's."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from facade.app.error_schema import ERROR, JSON, PROBLEM_JSON, PROBLEM_SCHEMA
from facade.spec.document import Document
from facade.transcode.media_type import MediaType, parse

NAME = "PorticoError"
PROBLEM = "PorticoProblem"

STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "400": "The request is wrong, or the version lacks something that the call needs.",
        "401": "The facade does not believe who signed the request.",
        "403": "The facade may not make the call.",
        "404": "The version or the operation is not there any more.",
        "409": "The same call is under way, or it is not known what became of it.",
        "429": "A limit is reached.",
        "500": "The facade has a bug.",
        "502": "The backend's answer cannot be handed on.",
        "503": "The backend, or the facade, cannot be reached now.",
        "504": "There was no whole answer in time.",
    }
)
"""What the facade may answer to any operation."""
OF_BODIES: Mapping[str, str] = MappingProxyType(
    {"413": "The body is too large.", "415": "The body is of a type that is not declared."}
)
"""And to one that takes a body."""
TEXTS: Mapping[str, str] = MappingProxyType({**STATUSES, **OF_BODIES})

SCHEMAS: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {JSON: (NAME, ERROR), PROBLEM_JSON: (PROBLEM, PROBLEM_SCHEMA)}
)
"""By media type: the name of the schema, and itself."""


class Failures:
    """Declares the failures of the facade, together with what the backend answers."""

    def __init__(self, document: Document) -> None:
        """Takes the document as it was written."""
        self._document = document
        self._swagger = document.version.startswith("2.")
        self._schemas = self._part("definitions" if self._swagger else "schemas")
        self._shared = self._part("responses")
        self._names = {
            media: _free(name, self._schemas, dict(schema))
            for media, (name, schema) in SCHEMAS.items()
        }
        self._responses = {
            status: _free(f"{NAME}{status}", self._shared, self._own(text))
            for status, text in TEXTS.items()
        }

    def responses(self, node: Mapping[str, Any], method: str) -> dict[str, Any]:
        """The responses of an operation, the facade's own among them."""
        listed = node.get("responses")
        declared = dict(listed) if isinstance(listed, Mapping) else {}
        statuses = TEXTS if self._takes_body(node) else STATUSES
        ours = {status: self._response(declared, status, method) for status in statuses}
        return {**declared, **ours}

    def declare(self, tree: dict[str, Any]) -> None:
        """Adds the schemas and responses that operations refer to."""
        home = tree if self._swagger else _object(tree, "components")
        schemas = _object(home, "definitions" if self._swagger else "schemas")
        for media, (_, schema) in SCHEMAS.items():
            if media == JSON or not self._swagger:
                schemas[self._names[media]] = dict(schema)
        shared = _object(home, "responses")
        for status, text in TEXTS.items():
            shared[self._responses[status]] = self._own(text)

    def _part(self, name: str) -> Mapping[str, Any]:
        """The components of one kind that the document has."""
        tree = self._document.tree
        home = tree if self._swagger else tree.get("components")
        found = home.get(name) if isinstance(home, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def _takes_body(self, node: Mapping[str, Any]) -> bool:
        if not self._swagger:
            return "requestBody" in node
        listed = node.get("parameters")
        found = [self._follow(each) for each in (listed if isinstance(listed, list) else [])]
        return any(isinstance(x, Mapping) and x.get("in") in {"body", "formData"} for x in found)

    def _response(self, declared: Mapping[str, Any], status: str, method: str) -> Any:
        """What one status may mean: what the backend says by it, and what the facade does."""
        place = "responses" if self._swagger else "components/responses"
        own = {"$ref": f"#/{place}/{self._responses[status]}"}
        keys = (status, f"{status[0]}XX", f"{status[0]}xx", "default")
        node = next((declared[key] for key in keys if key in declared), None)
        found = self._follow(node)
        if method == "HEAD":
            return found if isinstance(found, Mapping) else {"description": TEXTS[status]}
        if node == own or not isinstance(found, Mapping):
            return own
        if self._swagger:
            schema = self._either(found.get("schema"), JSON, "x-anyOf")
            return {**found, "schema": schema}
        content = found.get("content")
        said = dict(content) if isinstance(content, Mapping) else {}
        return {**found, "content": {**said, **dict(self._content(said))}}

    def _own(self, description: str) -> dict[str, Any]:
        """A response that is the facade's alone."""
        if self._swagger:
            return {"description": description, "schema": self._reference(JSON)}
        return {"description": description, "content": dict(self._content({}))}

    def _content(self, said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The facade's media types, each with what the backend says of it or of its range."""
        for media in SCHEMAS:
            key = _nearest(said, media)
            node = self._follow(said[key]) if key is not None else {}
            whole = node if isinstance(node, Mapping) else {}
            if key is None:
                yield media, {"schema": self._reference(media)}
            elif "schema" in whole:
                schema = self._either(whole["schema"], media, "anyOf")
                yield (media if "*" in key else key), {**whole, "schema": schema}

    def _either(self, schema: Any, media: str, word: str) -> Any:
        """A schema that takes in the facade's own."""
        own = self._reference(media)
        if schema is None or schema == own:
            return own
        if isinstance(schema, Mapping) and own in (schema.get(word) or ()):
            return schema
        return {word: [schema, own]}

    def _reference(self, media: str) -> dict[str, Any]:
        place = "definitions" if self._swagger else "components/schemas"
        return {"$ref": f"#/{place}/{self._names[media]}"}

    def _follow(self, node: Any) -> Any:
        try:
            return self._document.follow(node, "")[0]
        except LookupError:
            return None


def _object(holder: dict[str, Any], key: str) -> dict[str, Any]:
    """The object under a key, made where there is none."""
    found = holder.get(key)
    if not isinstance(found, dict):
        found = holder[key] = {}
    return found


def _free(name: str, taken: Mapping[str, Any], value: Any) -> str:
    """A name that nothing else has yet."""
    while name in taken and taken[name] != value:
        name += "_"
    return name


def _nearest(content: Mapping[str, Any], media: str) -> str | None:
    """Which of the media types of a content speaks of one, the most exact of them."""
    wanted = parse(media)
    known: dict[str, MediaType | None] = {key: parse(key) for key in content}
    fits = {
        key: kind.nearness for key, kind in known.items() if kind and wanted and kind.covers(wanted)
    }
    return max(fits, key=lambda key: fits[key], default=None)
