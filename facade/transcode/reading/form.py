"""Bodies of application/x-www-form-urlencoded become objects again, property by property."""

import re
from collections.abc import Iterable, Mapping
from functools import partial

from facade.errors.fault import Violation
from facade.model.action import Encoding, Style
from facade.transcode.arguments import Defect, pointer, refused
from facade.transcode.body.form import DELIMITERS
from facade.transcode.json_text import is_json
from facade.transcode.media_type import is_json as is_json_type
from facade.transcode.reading.kind import ARRAY, Fragment, Kind, array, dumps, object_of
from facade.transcode.reading.pairs import Pairs, read_pairs
from facade.transcode.reading.style import Decode, Reading, from_form, joint
from facade.transcode.style import TABLE

PLAIN = Encoding()


def read_form(
    text: str, kind: Kind, encodings: Mapping[str, Encoding], place: str, charset: str = "utf-8"
) -> Fragment:
    """Reads a form as the JSON of an object; fields that nobody declares are properties too.

    Raises InvalidParameters, with `place` before each pointer.
    """
    decode = partial(from_form, charset=charset)
    try:
        pairs = Pairs((decode(name), value) for name, value in split(text))
    except Defect as defect:
        raise refused(Violation(field=place, description=defect.description)) from None
    names = pairs.names
    return object_of(in_order(read_fields(pairs, kind, encodings, place, decode), names))


def in_order(fragments: Mapping[str, Fragment], names: Iterable[str]) -> dict[str, Fragment]:
    """Values in the order in which their names came, `a` where `a[b]` did.

    An object whose members came under their own names is the last.
    """
    order: dict[str, int] = {}
    for name in names:
        order.setdefault(name, len(order))
        order.setdefault(name.partition("[")[0], len(order))
    last = len(order)
    return dict(sorted(fragments.items(), key=lambda each: order.get(each[0], last)))


def split(text: str) -> list[tuple[str, str]]:
    """Splits a query or form into its pairs, as they stand."""
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return [(name, value) for name, _, value in pairs]


def read_fields(
    pairs: Pairs, kind: Kind, encodings: Mapping[str, Encoding], place: str, decode: Decode
) -> dict[str, Fragment]:
    """Reads the properties that pairs come to, each by its encoding."""
    readings = [
        _reading(name, kind.member(name), encodings.get(name, PLAIN), decode)
        for name in (*kind.names, *(each for each in encodings if each not in kind.names))
    ]
    read = read_pairs(readings, pairs, rest=False)
    for name, raws in pairs.take_members().items():
        read.put(name, partial(_undeclared, kind.member(name), raws, decode))
    if read.flaws:
        flaws = read.flaws.items()
        raise refused(*(Violation(field=place + pointer((x,)), description=y) for x, y in flaws))
    return read.fragments


def _undeclared(kind: Kind, raws: list[str], decode: Decode) -> Fragment:
    texts = [decode(raw) for raw in raws]
    if len(texts) == 1 and not kind.types <= ARRAY:
        return kind.scalar(texts[0])
    return array([kind.item(at).scalar(text) for at, text in enumerate(texts)])


def _reading(name: str, kind: Kind, encoding: Encoding, decode: Decode) -> Reading:
    """By style; without one an array is repeated, and an object is JSON."""
    style, content_type = encoding.style, encoding.content_type
    delimiter = DELIMITERS.get(style, ",") if style else ","
    as_json = style is None and content_type is not None and is_json_type(content_type)
    return Reading(
        key=name,
        name=name,
        row=TABLE[style or Style.FORM],
        deep=style is Style.DEEP_OBJECT,
        explode=style is None or encoding.explode,
        joints=(re.compile(re.escape(delimiter)) if decode is str else joint(delimiter),),
        decode=decode,
        kind=kind,
        scalar=_json if as_json else Kind.scalar,
        apart=style is not None,
    )


def _json(_: Kind, text: str) -> Fragment:
    return text if is_json(text.encode()) else dumps(text)
