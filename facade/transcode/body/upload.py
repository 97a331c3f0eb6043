"""A request body that the caller brings as bytes: the whole of it, or one file of a form."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from facade.errors.caller import InvalidParameters
from facade.errors.fault import Violation
from facade.model.action import Action, Body
from facade.model.call import Argument, Arguments, Upload
from facade.transcode.arguments import pointer, refused
from facade.transcode.body.binary import Binary
from facade.transcode.body.body import Wish, assembled, belonging, declared, undeclared
from facade.transcode.body.content import WHOLE, Option
from facade.transcode.body.form import members_of
from facade.transcode.body.part_rule import OCTETS
from facade.transcode.media_type import MediaType, parse

FIELD = "body.content_type"
"""The field of the request that says what an upload is."""


def settle_upload(
    action: Action, arguments: Arguments, wish: Wish, options: Sequence[Option]
) -> tuple[Arguments, Wish]:
    """Decides what an upload is; as a file of a form it becomes an argument like the others.

    It is the whole body where its type is declared. It is a file of a form where its type is not
    declared by itself, where arguments of the body stand beside it, or where the caller chose the
    form: the only file that the arguments leave open, or the only required one of several. All
    else is refused. An action that takes no body is the validator's to refuse. Raises
    InvalidParameters.
    """
    body, upload = action.body, wish.upload
    if upload is None or body is None:
        return arguments, wish
    named = declared(options, wish.type) if wish.type else None
    if wish.type and named is None:
        raise refused(undeclared(options))
    allowed = [named] if named else options
    given = belonging(action, body, arguments)
    kind = _type_of(upload, allowed)
    form = None if kind and kind.type == "multipart" else _form(allowed, given)
    whole = declared(allowed, kind.text if kind else OCTETS)
    if whole is not None and not (form and (given or form is named)):
        return arguments, structs.replace(wish, upload=_whole(upload, whole, kind, given))
    if form is None:
        raise _undeclared(kind, allowed)
    name = _open_file(form, given)
    _check_file(form, name, kind)
    file = Binary(data=upload.data, content_type=kind.text if kind else "")
    chosen = "multipart/form-data" if form.type.is_range else form.type.text
    added = _added(body, arguments, given, {name: Argument(value=file, text='""')})
    return added, structs.replace(wish, upload=None, type=chosen)


def _type_of(upload: Upload, allowed: Sequence[Option]) -> MediaType | None:
    """What the upload says it is, else the only type that it can be; None where that is open."""
    only = allowed[0].type if len(allowed) == 1 else None
    if not upload.content_type:
        return None if only is None or only.is_range or only.type == "multipart" else only
    parsed = parse(upload.content_type)
    if parsed is None or parsed.is_range:
        raise refused(Violation(field=FIELD, description="is no media type"))
    return parsed


def _whole(upload: Upload, option: Option, kind: MediaType | None, given: Arguments) -> Upload:
    """The upload as the body, untouched."""
    if given:
        description = "cannot be given beside an upload, which is the whole of the body"
        raise refused(*_about(list(given), description))
    sent = kind or option.type
    if sent.type == "multipart" and "boundary" not in sent.parameters:
        raise refused(Violation(field=FIELD, description="lacks the parameter `boundary`"))
    return structs.replace(upload, content_type=sent.text)


def _form(allowed: Sequence[Option], given: Arguments) -> Option | None:
    """The first form that takes files, if the arguments can be its fields."""
    whole = given.get(WHOLE)
    if whole is not None and not isinstance(whole.value, dict):
        return None
    forms = (
        each for each in allowed if each.type.essence in {"multipart/form-data", "multipart/*"}
    )
    return next((each for each in forms if each.rules and each.rules.files()), None)


def _open_file(form: Option, given: Arguments) -> str:
    """The one file that the arguments leave to the upload."""
    whole = given.get(WHOLE)
    fields = whole.value if whole and isinstance(whole.value, dict) else given
    files = form.rules.files() if form.rules else []
    left = [name for name in files if name not in fields]
    needed = [name for name in left if form.rules and name in form.rules.required]
    if len(left) == 1 or len(needed) == 1:
        return (needed if len(needed) == 1 else left)[0]
    if not left:
        place = () if fields is given else (WHOLE,)
        description = "cannot be given beside an upload, which is this file"
        raise refused(*_about([name for name in files if name in fields], description, *place))
    choices = ", ".join(left)
    description = (
        f"{form.type.essence} takes several files ({choices}): an upload is one of them where the "
        "others are arguments"
    )
    raise refused(Violation(field=FIELD, description=description))


def _check_file(form: Option, name: str, kind: MediaType | None) -> None:
    """Refuses a type that the form's encoding does not allow for the file."""
    types = form.rules.of_name(name).types if form.rules else ()
    if kind and types and not any(each.covers(kind) for each in types):
        choices = ", ".join(each.text for each in types)
        description = f"is {kind.essence}; the document declares for `{name}`: {choices}"
        raise refused(Violation(field=FIELD, description=description))


def _added(
    body: Body, arguments: Arguments, given: Arguments, file: Mapping[str, Argument]
) -> Arguments:
    """The arguments with the file among those of the body."""
    whole = given.get(WHOLE)
    if whole is None and all(name in body.flat for name in file):
        return {**arguments, **file}
    rest = {name: each for name, each in arguments.items() if name not in given}
    members = members_of(whole) if whole and isinstance(whole.value, dict) else given
    return {**rest, WHOLE: assembled({**members, **file})}


def _undeclared(kind: MediaType | None, allowed: Sequence[Option]) -> InvalidParameters:
    """Names the media types that would do."""
    choices = ", ".join(each.type.text for each in allowed) or "none"
    said = kind.essence if kind else "of no type"
    description = f"is {said}; the document declares: {choices}"
    return refused(Violation(field=FIELD, description=description))


def _about(names: Sequence[str], description: str, *place: str) -> list[Violation]:
    return [Violation(field=pointer((*place, name)), description=description) for name in names]
