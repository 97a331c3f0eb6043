"""A request body that the caller brings as bytes: the whole of it, or one file of a form."""

from collections.abc import Callable, Sequence

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Violation
from facade.model.action import Body, Encoding, Media
from facade.model.call import Arguments, Upload
from facade.transcode.arguments import pointer
from facade.transcode.binary import Binary, refused
from facade.transcode.media_type import MediaType, parse
from facade.transcode.multipart import (
    OCTETS,
    file_names,
    file_part,
    parts_of,
    types_of,
    write_multipart,
)

FIELD = "body.content_type"
"""The field of the request that says what an upload is."""


def _declared(body: Body) -> list[MediaType]:
    """The body's media types that are ones."""
    parsed = (parse(each.type) for each in body.media)
    return [each for each in parsed if each is not None]


def _type_of(upload: Upload, declared: Sequence[MediaType]) -> MediaType:
    """What the upload says it is; where it says nothing, the only type that it can be."""
    single = len(declared) == 1 and not declared[0].is_range and declared[0].type != "multipart"
    parsed = parse(upload.content_type or (declared[0].text if single else OCTETS))
    if parsed is None or parsed.is_range:
        raise refused(Violation(field=FIELD, description="is no media type"))
    return parsed


def _one_file(body: Body) -> tuple[Media, str] | None:
    """The form that takes exactly one file, with the file's name in it."""
    for media in body.media:
        parsed = parse(media.type)
        if parsed is not None and parsed.essence == "multipart/form-data":
            names = file_names(media)
            if len(names) == 1:
                return media, names[0]
    return None


def _undeclared(kind: MediaType, declared: Sequence[MediaType]) -> InvalidParameters:
    """Names the media types that would do."""
    choices = ", ".join(each.text for each in declared) or "none"
    description = f"is {kind.essence}; the document declares: {choices}"
    return refused(Violation(field=FIELD, description=description))


def _beside(names: Sequence[str]) -> list[Violation]:
    """What is wrong with arguments that an upload leaves no place for."""
    description = "cannot be given beside an upload, which is the whole of it"
    return [Violation(field=pointer((name,)), description=description) for name in names]


def write_upload(
    body: Body, given: Arguments, upload: Upload, boundary: Callable[[], str]
) -> tuple[str, bytes]:
    """Gives the content type and the bytes: the upload untouched, or a form with it as the file.

    `given` are the arguments that belong to the body. Raises InvalidParameters, for
    `body.content_type` where the document declares no such type.
    """
    declared = _declared(body)
    kind = _type_of(upload, declared)
    if any(each.covers(kind) for each in declared):
        if kind.type == "multipart" and "boundary" not in kind.parameters:
            raise refused(Violation(field=FIELD, description="lacks the parameter `boundary`"))
        if given:
            raise refused(*_beside(list(given)))
        return kind.text, upload.data
    form = None if kind.type == "multipart" else _one_file(body)
    if form is None:
        raise _undeclared(kind, declared)
    media, name = form
    encoding = media.encoding.get(name, Encoding())
    allowed = types_of(encoding)
    if allowed and not any(each.covers(kind) for each in allowed):
        raise _undeclared(kind, allowed)
    taken = [each for each in given if each in ("body", name)]
    if taken:
        raise refused(*_beside(taken))
    file = Binary(data=upload.data, content_type=kind.text)
    part = file_part(name, file, encoding, "")
    return write_multipart([*parts_of(given, media, ""), part], boundary)
