"""XML by schema: values through the compiled shape of a schema, and back."""

import json
from typing import Any

from facade.model.xml import Element
from facade.spec.document import Document
from facade.spec.schemas.schema import Direction, Schemas
from facade.spec.schemas.xml import document_element
from facade.transcode.arguments import tokens
from facade.transcode.xml.read import read_xml
from facade.transcode.xml.write import DECLARATION, write_xml

STRING = {"type": "string"}


def shape_of(
    schema: Any, version: str = "3.1.1", direction: Direction = Direction.REQUEST, **components: Any
) -> Element | None:
    """The shape of content with that schema, in a document with those components."""
    document = Document({"schema": schema, "components": {"schemas": components}}, version)
    made = document_element("text/xml", "/schema", document, Schemas(document), direction)
    assert made is not None
    return made()


def shape(schema: Any, version: str = "3.1.1", **components: Any) -> Element:
    found = shape_of(schema, version, **components)
    assert found is not None
    return found


def written(value: Any, element: Element) -> str:
    """The document without its declaration; numbers are as Python's JSON writes them."""
    text = write_xml(tokens(json.dumps(value, ensure_ascii=False)), element).decode()
    assert text.startswith(DECLARATION)
    return text.removeprefix(DECLARATION)


def read(text: str, element: Element) -> Any:
    return json.loads(read_xml(text.encode(), element))
