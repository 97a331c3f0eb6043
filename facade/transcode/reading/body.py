"""The body of a request becomes the JSON of the argument `body`, or an upload, by its type."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Violation
from facade.model.call import Upload
from facade.transcode.arguments import Defect, measure, refused
from facade.transcode.body.body import declared
from facade.transcode.body.content import WHOLE, Option, with_parameters
from facade.transcode.body.part_rule import OCTETS
from facade.transcode.body.sequence import BREAK, FIELDS, is_sequence
from facade.transcode.body.table import BYTES
from facade.transcode.json_sequence import separator_of, to_array
from facade.transcode.json_text import codec_of, is_json, to_utf8
from facade.transcode.media_type import MediaType, parse
from facade.transcode.reading.form import read_form
from facade.transcode.reading.kind import Fragment, Kind, array, dumps, kind_of, object_of
from facade.transcode.reading.multipart import read_multipart
from facade.transcode.reading.part import read_parts
from facade.transcode.xml.read import read_xml
from facade.transcode.xml.tree import XmlDefect

PLACE = f"/{WHOLE}"

Read = Callable[[Option, bytes, MediaType, Kind, str], Fragment]


def read_body(
    options: Sequence[Option], sent: str, coding: str, data: bytes
) -> Fragment | Upload | None:
    """Reads a body of the Content-Type `sent`; what is not made of arguments is an upload.

    That is content of types that are bytes or that the document does not declare, and content in
    a Content-Encoding, which stays as it is. Without a type it is of the only one that there is.
    Nothing is no body where its type has no word for nothing.
    Raises InvalidParameters for what is not of its type.
    """
    only = options[0].type if len(options) == 1 else None
    said = sent or (only.text if only and not only.is_range else OCTETS)
    option, kind = declared(options, said), parse(said)
    is_coded = coding.strip().lower() not in {"", "identity"}
    if option is None or kind is None or option.row is BYTES or is_coded:
        return Upload(content_type=said, data=data)
    if not data and (kind.is_json or kind.is_xml or kind.type == "multipart"):
        return None
    return read_content(option, data, kind, kind_of(option.media.schema), PLACE)


def wish_of(sent: str) -> str:
    """The media type that a caller would choose to have a body written so; boundaries are new."""
    kind = parse(sent)
    if kind is None or "boundary" not in kind.parameters:
        return sent
    kept = {name: text for name, text in kind.parameters.items() if name != "boundary"}
    return with_parameters(replace(kind, parameters={}), kept)


def read_content(option: Option, data: bytes, sent: MediaType, kind: Kind, place: str) -> Fragment:
    """Reads content of a media type that is not bytes; raises InvalidParameters."""
    read = next(read for covers, read in READERS if covers(option.type))
    try:
        return read(option, data, sent, kind, place)
    except Defect as defect:
        raise refused(Violation(field=place, description=defect.description)) from None


def _read_json(_: Option, data: bytes, sent: MediaType, __: Kind, ___: str) -> Fragment:
    """The bytes as they are, in UTF-8."""
    text = to_utf8(data, sent.charset)
    if text is None or not is_json(text):
        raise Defect(f"is not JSON in {sent.charset or 'UTF-8'}")
    fragment = text.decode()
    try:
        measure(fragment)
    except InvalidParameters as fault:
        raise Defect(fault.details.violations[0].description) from None
    return fragment


def _read_form(option: Option, data: bytes, sent: MediaType, kind: Kind, place: str) -> Fragment:
    charset = codec_of(sent.charset or "utf-8")
    if charset is None or not data.isascii():
        raise Defect("is not a form: its characters are not percent-encoded in a known charset")
    return read_form(data.decode("ascii"), kind, option.media.encoding, place, charset)


def _read_multipart(
    option: Option, data: bytes, sent: MediaType, kind: Kind, place: str
) -> Fragment:
    return read_parts(read_multipart(data, sent), option, kind, place, read_content)


def _read_sequence(_: Option, data: bytes, sent: MediaType, kind: Kind, __: str) -> Fragment:
    """Values by line or record, events by their fields: an array of them."""
    text = to_utf8(data, sent.charset)
    if text is None:
        raise Defect(f"is not text in {sent.charset or 'UTF-8'}")
    separator = separator_of(sent)
    if separator is None:
        return array(list(_events(text.decode(), kind)))
    found = to_array(text, separator)
    if found is None:
        raise Defect("holds a line or record that is not JSON")
    return found.decode()


def _events(text: str, kind: Kind) -> Iterator[Fragment]:
    """The events of a stream (HTML section 9.2.6), the last one also where no line ends it."""
    event: dict[str, list[str]] = {}
    count = 0
    for line in (*BREAK.split(text), ""):
        name, _, value = line.partition(":")
        if line and name in FIELDS:
            event.setdefault(name, []).append(value.removeprefix(" "))
        elif not line and event:
            yield _event(event, kind.item(count))
            event, count = {}, count + 1


def _event(event: dict[str, list[str]], kind: Kind) -> Fragment:
    if "object" not in kind.types:
        return kind.scalar("\n".join(event.get("data", [])))
    texts = {name: "\n".join(lines) for name, lines in event.items()}
    return object_of({name: kind.member(name).scalar(text) for name, text in texts.items()})


def _read_xml(option: Option, data: bytes, sent: MediaType, kind: Kind, place: str) -> Fragment:
    """By the shape that its schema gives it; a string without one, and where it cannot be read.

    A string is what a caller writes XML of his own as: it goes on as it is.
    """
    if option.media.xml is not None:
        with suppress(XmlDefect):
            return read_xml(data, option.media.xml, sent.charset)
    return _read_text(option, data, sent, kind, place)


def _read_text(_: Option, data: bytes, sent: MediaType, kind: Kind, __: str) -> Fragment:
    charset = codec_of(sent.charset or "utf-8")
    try:
        text = data.decode(charset or "utf-8")
    except UnicodeDecodeError:
        charset = None
    if charset is None:
        raise Defect(f"is not text in {sent.charset or 'UTF-8'}")
    fragment = kind.scalar(text)
    return dumps(text) if fragment[:1] in ("[", "{") else fragment


READERS: tuple[tuple[Callable[[MediaType], bool], Read], ...] = (
    (lambda kind: kind.is_json, _read_json),
    (lambda kind: kind.essence == "application/x-www-form-urlencoded", _read_form),
    (lambda kind: kind.type == "multipart", _read_multipart),
    (is_sequence, _read_sequence),
    (lambda kind: kind.is_xml, _read_xml),
    (lambda _: True, _read_text),
)
"""The first that covers a media type reads it, as the table of bodies writes them."""
