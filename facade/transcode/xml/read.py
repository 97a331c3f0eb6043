"""XML becomes JSON, by the shape that the schema gives it."""

from collections.abc import Iterator
from functools import partial

from facade.model.xml import Element, ElementContent, NodeType
from facade.transcode.xml.choice import MAX_NESTED, is_list, nodes, pick, settle
from facade.transcode.xml.pool import Pool, fits, look
from facade.transcode.xml.scalar import SCALARS, scalar, string
from facade.transcode.xml.tree import BLANKS, XSI, Run, Tag, parse

ANY = Element()


def read_xml(data: bytes, element: Element, charset: str = "") -> str:
    """Reads an XML document as JSON text; `charset` is the one of its Content-Type, if any.

    Numbers keep their digits. What no schema declares is kept under its own name: an element as
    it is written, an attribute after `@`, text beside them as `#text`; an element that comes more
    often than the schema says becomes an array. What is not of the declared type is a string.
    Raises XmlDefect for what is not well-formed, has a document type declaration, or is too deep
    or too large.
    """
    root = parse(data, charset)
    for _ in range(MAX_NESTED):
        chosen = _which(element, root)
        if chosen is element:
            break
        element = chosen
    return _value(element, root)


def _array(fragments: list[str]) -> str:
    return f"[{','.join(fragments)}]"


def _value(shape: Element, tag: Tag) -> str:
    """The JSON of an element's value."""
    if tag.nil:
        return "null"
    content = shape.content
    if content.choices:
        content = settle(content, partial(look, tag))
    if content.inner is not None:
        return _inner(content.inner, tag)
    if is_list(shape, content):
        return _wrapped(content, tag)
    types = shape.types - {"null"}
    bare = not tag.children and not tag.attributes
    if content.members or content.rest or content.closed or "object" in types:
        return scalar(tag.text, shape.types) if bare and types & SCALARS else _object(content, tag)
    if tag.children or not types:
        return _free(tag)
    return scalar(tag.text, shape.types)


def _inner(shape: Element, tag: Tag) -> str:
    """The value of the one element within, which stands for the same value."""
    child = next((each for each in tag.children if fits(shape, shape.name, each)), None)
    return _free(tag) if child is None else _value(shape, child)


def _free(tag: Tag) -> str:
    """An element of which no schema speaks: text, or an object of what is in it."""
    if tag.nil:
        return "null"
    attributes = any(each.namespace != XSI for each in tag.attributes)
    return _object(ElementContent(), tag) if tag.children or attributes else string(tag.text)


def _object(content: ElementContent, tag: Tag) -> str:
    pool = Pool(tag)
    fields = _members(content, pool)
    _leftovers(content, pool, fields)
    for key, fragment in pool.undeclared(content.rest or ANY):
        fields.setdefault(key, fragment)
    return _json(fields)


def _json(fields: dict[str, str]) -> str:
    return "{" + ",".join(f"{string(key)}:{each}" for key, each in fields.items()) + "}"


def _members(content: ElementContent, pool: Pool) -> dict[str, str]:
    """The declared properties: by namespace first, then by name alone."""
    fields: dict[str, str] = {}
    for strict in (True, False):
        for key, shape in content.members.items():
            if key not in fields:
                fragment = _take(shape, shape.name or key, pool, strict=strict)
                if fragment is not None:
                    fields[key] = fragment
    for key, shape in content.members.items():
        if key not in fields:
            fragment = _absent(shape, required=key in content.required)
            if fragment is not None:
                fields[key] = fragment
    return fields


def _absent(shape: Element, *, required: bool) -> str | None:
    """What it means that nothing is there: where something else would be written as nothing."""
    if shape.node is NodeType.ATTRIBUTE and "null" in shape.types:
        return "null"
    if not required:
        return None
    if shape.node is NodeType.NONE and is_list(shape, shape.content):
        return "[]"
    text = shape.node in (NodeType.TEXT, NodeType.CDATA)
    return scalar("", shape.types) if text else None


def _take(shape: Element, name: str, pool: Pool, *, strict: bool) -> str | None:
    """The value of a property, taken out of the element around; None where it is not there."""
    if shape.node is NodeType.ATTRIBUTE:
        return _attribute(shape, pool.attribute(shape, name))
    if shape.node in (NodeType.TEXT, NodeType.CDATA):
        return _text(shape, pool)
    if shape.node is NodeType.NONE:
        return _spread(shape, name, pool, strict=strict)
    found = pool.elements(shape, name, strict=strict)[:1]
    pool.take(found)
    return _value(shape, found[0]) if found else None


def _attribute(shape: Element, value: str | None) -> str | None:
    if value is None:
        return None
    if is_list(shape, shape.content):
        types = (shape.content.items or ANY).types
        return _array([scalar(each, types) for each in value.split()])
    return scalar(value, shape.types)


def _text(shape: Element, pool: Pool) -> str | None:
    text = pool.text()
    return scalar(text, shape.types) if text else None


def _spread(shape: Element, name: str, pool: Pool, *, strict: bool) -> str | None:
    """What has no node of its own, out of the nodes of what it is made of."""
    content = shape.content
    if not pool.enter(shape, strict=strict):
        return None
    if is_list(shape, content):
        return _unwrapped(content, name, pool, strict=strict)
    for each in content.choices:
        fragment = _take(each, each.name or name, pool, strict=strict)
        if fragment is not None:
            return fragment
    if content.members:
        fields = {
            key: fragment
            for key, each in content.members.items()
            if (fragment := _take(each, each.name or key, pool, strict=strict)) is not None
        }
        return _json(fields) if fields else None
    return _text(shape, pool) if shape.types & SCALARS else None


def _unwrapped(content: ElementContent, name: str, pool: Pool, *, strict: bool) -> str | None:
    first = [
        fragment
        for each in content.prefix_items
        if (fragment := _take(each, each.name or name, pool, strict=strict)) is not None
    ]
    item = content.items or ANY
    if item.node in (NodeType.TEXT, NodeType.CDATA) or is_list(item, item.content):
        one = _take(item, item.name or name, pool, strict=strict)
        first.extend([] if one is None else [one])
        return _array(first) if first else None
    found = {
        tag.order: (each, tag)
        for each in reversed(nodes(item))
        for tag in pool.elements(each, each.name or name, strict=strict)
    }
    pool.take([tag for _, tag in found.values()])
    fragments = [*first, *(_value(*found[order]) for order in sorted(found))]
    return _array(fragments) if fragments else None


def _wrapped(content: ElementContent, tag: Tag) -> str:
    """The items of an array that has an element to itself: whatever is in there is one."""
    if content.prefix_items:
        return _array(list(_sequence(content, tag)))
    item = content.items or ANY
    if item.node in (NodeType.TEXT, NodeType.CDATA) or not tag.children:
        runs = [each.text for each in tag.nodes if isinstance(each, Run)]
        return _array([scalar(each, item.types) for each in runs if each.strip(BLANKS)])
    return _array([_value(_which(item, each), each) for each in tag.children])


def _which(shape: Element, tag: Tag) -> Element:
    """Which of the nodes that a value may be an element is: by its name, else by what fits."""
    choices = nodes(shape)
    named = tuple(each for each in choices if fits(each, each.name, tag)) or choices
    if len(named) == 1:
        return named[0]
    return pick(ElementContent(choices=named), partial(look, tag)) or shape


def _sequence(content: ElementContent, tag: Tag) -> Iterator[str]:
    """Items each of its own shape, elements and text in their order (OAS 3.2 section 4.26.6)."""
    waiting = list(content.prefix_items)
    for each in tag.nodes:
        shape = waiting[0] if waiting else content.items or ANY
        textual = shape.node in (NodeType.TEXT, NodeType.CDATA)
        if isinstance(each, Run):
            if not each.text.strip(BLANKS):
                continue
            if textual:
                waiting = waiting[1:]
            yield scalar(each.text, shape.types if textual else frozenset())
        else:
            if textual and len(waiting) > 1:
                yield scalar("", shape.types)
                waiting = waiting[1:]
                shape = waiting[0]
            waiting = waiting[1:]
            yield _value(_which(shape, each), each)


def _leftovers(content: ElementContent, pool: Pool, fields: dict[str, str]) -> None:
    """The elements that no property took: properties of their own, several of them an array."""
    names = {
        shape.name or key: (key, shape)
        for key, shape in content.members.items()
        if shape.node is NodeType.ELEMENT
    }
    groups: dict[str, list[str]] = {}
    rest = content.rest or ANY
    bare = rest.node is NodeType.NONE and is_list(rest, rest.content)
    item = (rest.content.items or ANY) if bare else rest
    for tag in pool.left:
        key, shape = names.get(tag.name, (tag.written, item))
        groups.setdefault(key, []).append(_value(shape, tag))
    for key, fragments in groups.items():
        before = [fields[key]] if key in fields else []
        several = len(before) + len(fragments) > 1 or (bare and key not in names)
        fields[key] = _array([*before, *fragments]) if several else fragments[0]
