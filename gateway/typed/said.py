"""What the metadata of a typed call says of it: all that an ExecuteActionRequest has fields for."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import structs

from facade.catalog.request import invalid
from facade.errors.caller import InvalidRequest
from facade.errors.fault import Violation
from facade.hop.fields import CACHE, CONNECTION, MAX_WAIT, REQUEST_ID, SUBJECT, read_seconds
from facade.model.call import NOBODY, CacheUse, Caller
from facade.model.face import ID_RULE, LONGEST, caller_of, is_request_id
from facade.model.field_names import HOP

CONTENT_TYPE: Final = "portico-content-type"
ACCEPT: Final = "portico-accept"
VALIDATE_ONLY: Final = "portico-validate-only"

KEYS: Final = frozenset(
    {CONNECTION, SUBJECT, REQUEST_ID, CACHE, MAX_WAIT, CONTENT_TYPE, ACCEPT, VALIDATE_ONLY}
)
"""Those that the hop between a gateway and its facade has, which callers never reach, and more."""

OF_ONE_ANSWER: Final = (REQUEST_ID, CACHE, MAX_WAIT)
"""What streams have no use for."""

FLAGS: Final[Mapping[str, bool]] = {"": False, "false": False, "true": True}


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is said beside a typed call."""

    caller: Caller = NOBODY
    through: tuple[str, ...] = ()
    """The names of the connection and the subject that it goes through."""
    request_id: str = ""
    cache_use: CacheUse = CacheUse.POLICY
    max_wait: float = 0.0
    content_type: str = ""
    accept: str = ""
    validate_only: bool = False


NOTHING: Final = Said()


def said_in(fields: Mapping[str, str | bytes], tenant: str) -> Said:
    """Reads metadata, by key; raises InvalidRequest with all that is wrong in it."""
    if KEYS.isdisjoint(fields):
        return structs.replace(NOTHING, caller=Caller(tenant=tenant)) if tenant else NOTHING
    texts = {key: str(fields.get(key, "")) for key in KEYS}
    problems = list(_problems(texts))
    caller = NOBODY
    try:
        caller = caller_of(tenant, texts[CONNECTION], texts[SUBJECT])
    except InvalidRequest as fault:
        problems.extend(
            Violation(field=f"{HOP}{each.field}", description=each.description)
            for each in fault.details.violations
        )
    if problems:
        raise invalid(*problems)
    return Said(
        caller=caller,
        through=tuple(filter(None, (texts[CONNECTION], texts[SUBJECT]))),
        request_id=texts[REQUEST_ID],
        cache_use=CacheUse(texts[CACHE] or CacheUse.POLICY),
        max_wait=min(read_seconds(texts[MAX_WAIT]) or 0.0, LONGEST),
        content_type=texts[CONTENT_TYPE],
        accept=texts[ACCEPT],
        validate_only=FLAGS[texts[VALIDATE_ONLY]],
    )


def check_streamed(said: Said) -> None:
    """Raises InvalidRequest where something is said that is of no use for many answers."""
    given = (said.request_id, said.cache_use is not CacheUse.POLICY, said.max_wait)
    problems = [
        Violation(field=key, description="is for a method with one answer, not for a stream")
        for key, value in zip(OF_ONE_ANSWER, given, strict=True)
        if value
    ]
    if problems:
        raise invalid(*problems)


def _problems(texts: Mapping[str, str]) -> Iterator[Violation]:
    if not is_request_id(texts[REQUEST_ID]):
        yield Violation(field=REQUEST_ID, description=ID_RULE)
    if texts[CACHE] and texts[CACHE] not in set(CacheUse):
        uses = ", ".join(CacheUse)
        yield Violation(field=CACHE, description=f"must be one of: {uses}")
    if texts[MAX_WAIT] and read_seconds(texts[MAX_WAIT]) is None:
        yield Violation(field=MAX_WAIT, description="must be seconds, such as 2.5")
    if texts[VALIDATE_ONLY] not in FLAGS:
        yield Violation(field=VALIDATE_ONLY, description="must be true or false")
