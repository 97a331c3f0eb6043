"""The headers of a part: those that the document declares, with what the caller gives for them."""

import re
from collections.abc import Iterator, Mapping

from facade.errors.fault import Violation
from facade.model.action import Encoding, PartHeader
from facade.transcode.arguments import pointer, refused
from facade.transcode.media_type import TCHARS

VALUE = re.compile(r"[\t -~]*")
OURS = frozenset({"content-disposition", "content-type"})
"""Made from the part itself (OAS 3.2 section 4.15.1: a declared Content-Type is ignored)."""


def part_headers(
    given: Mapping[str, str], encoding: Encoding, place: str, *, free: bool
) -> tuple[tuple[str, str], ...]:
    """Gives the headers of a part, under the names that the document gives them.

    `free`: whether any `Content-` field may stand beside those that are declared, as RFC 2046
    section 5.1 has it for all but forms. Raises InvalidParameters.
    """
    declared = {each.name.lower(): each for each in encoding.headers if _is_sendable(each)}
    if not given and not declared:
        return ()
    problems = [*_refused(given, declared, place, free=free), *_missing(given, declared, place)]
    if problems:
        raise refused(*problems)
    said = {name.lower() for name in given}
    return (
        *((_spelled(name, declared), value) for name, value in given.items()),
        *(
            (each.name, each.default)
            for name, each in declared.items()
            if each.required and each.default is not None and name not in said
        ),
    )


def _is_sendable(header: PartHeader) -> bool:
    legal = re.fullmatch(TCHARS, header.name) and VALUE.fullmatch(header.default or "")
    return bool(legal) and header.name.lower() not in OURS


def _spelled(name: str, declared: Mapping[str, PartHeader]) -> str:
    return declared[name.lower()].name if name.lower() in declared else name


def _refused(
    given: Mapping[str, str], declared: Mapping[str, PartHeader], place: str, *, free: bool
) -> Iterator[Violation]:
    for name, value in given.items():
        lowered, inner = name.lower(), place + pointer(("headers", name))
        open_to_all = free and lowered.startswith("content-") and lowered not in OURS
        if lowered not in declared and not (open_to_all and re.fullmatch(TCHARS, name)):
            yield Violation(field=inner, description="is no header that the document declares")
        elif not VALUE.fullmatch(value):
            yield Violation(field=inner, description="must be printable ASCII")


def _missing(
    given: Mapping[str, str], declared: Mapping[str, PartHeader], place: str
) -> Iterator[Violation]:
    said = {name.lower() for name in given}
    for name, each in declared.items():
        if each.required and each.default is None and name not in said:
            inner = place + pointer(("headers", each.name))
            yield Violation(field=inner, description="is required of this part")
