"""What a caller may have: each method's request is read for what it asks of its caller."""

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message

from facade.access.authorize import Authority
from facade.access.methods import METHODS, THROUGH, Asks, new_name
from gateway.interceptors.base import Rpc
from gateway.interceptors.chain import Check


def checking(authority: Authority) -> Callable[[MethodDescriptor], Check]:
    """Gives for each method what says whether the caller may have it.

    Raises KeyError for one of which nobody said what it asks: no gateway starts with such.
    """
    return lambda method: _check(authority, method)


def _check(authority: Authority, method: MethodDescriptor) -> Check:
    name = method.name
    asks = METHODS[name]
    field = asks.field
    named = _new(asks) if asks.within else attrgetter(field) if field else _nothing
    paths = tuple(attrgetter(each) for each in _through(method.input_type, field))
    changes = "changes" in method.input_type.fields_by_name

    def check(request: Message, rpc: Rpc) -> None:
        kinds = _kinds(request) if changes else ()
        through = [each for read in paths if (each := read(request))]
        authority.check(name, rpc.identity, named(request), through, kinds)

    return _looking(authority, name, check) if METHODS[name].viewed else check


def _new(asks: Asks) -> Callable[[Message], str]:
    """What a request to make something is about, with whose that will be."""
    id_, connector = attrgetter(asks.field), attrgetter(asks.within)
    return lambda request: new_name(asks, id_(request), connector(request))


def _looking(authority: Authority, name: str, check: Check) -> Check:
    """The same for a method that looks at something beside what it is about."""
    viewed = attrgetter(METHODS[name].viewed)

    def checked(request: Message, rpc: Rpc) -> None:
        authority.check_viewed(name, rpc.identity, viewed(request))
        check(request, rpc)

    return checked


def _through(kind: Descriptor, field: str) -> Iterator[str]:
    """The paths of the fields that say through which connection a call goes."""
    above, _, last = field.rpartition(".")
    holder: Descriptor | None = kind
    for each in filter(None, above.split(".")):
        holder = holder.fields_by_name[each].message_type if holder is not None else None
    fields = holder.fields_by_name if holder is not None else {}
    for name in THROUGH:
        found = fields.get(name)
        if found is not None and found.type == found.TYPE_STRING and last != name:
            yield f"{above}.{name}" if above else name


def _kinds(request: Any) -> tuple[str, ...]:
    """What each change of a set is."""
    return tuple(each.WhichOneof("change") or "" for each in request.changes)


def _nothing(_request: Message) -> str:
    return ""
