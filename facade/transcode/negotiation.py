"""Negotiation: what a caller says of media types among the arguments, where documents list them."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from msgspec import structs

from facade.model.call import Call
from facade.transcode.body.body import declared
from facade.transcode.body.content import Option

ACCEPT, CONTENT_TYPE = "accept", "content-type"


def negotiated(call: Call, taken: AbstractSet[str], options: Sequence[Option]) -> Call:
    """Takes the arguments `Accept` and `Content-Type` as the call's own choice of media types.

    As parameters they are ignored (OAS 3.2 section 4.12.2.1), but documents declare them, and who
    follows the document gives them. The call's fields go before them, a media type that the body
    does not have counts for nothing, and a name in `taken` is another argument's.
    """
    if call.arguments.keys() <= taken:
        return call
    given = {
        name: argument.value
        for name, argument in call.arguments.items()
        if name.lower() in {ACCEPT, CONTENT_TYPE}
        and name not in taken
        and isinstance(argument.value, str)
    }
    if not given:
        return call
    said = {name.lower(): value for name, value in given.items()}
    content_type = said.get(CONTENT_TYPE, "")
    return structs.replace(
        call,
        arguments={name: each for name, each in call.arguments.items() if name not in given},
        accept=call.accept or said.get(ACCEPT, ""),
        content_type=call.content_type
        or (content_type if declared(options, content_type) is not None else ""),
    )
