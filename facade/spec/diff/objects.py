"""Objects and arrays: properties that came and went, and what is asked of the parts."""

from facade.spec.diff.pair import Pair
from facade.spec.diff.phrase import quoted
from facade.spec.shapes.shape import Shape, Value


def compare_objects(pair: Pair) -> None:
    """Compares the properties of two values, and leads on to theirs."""
    old, new = pair.old, pair.new
    if not {"object"} & old.types & new.types:
        return
    for name in sorted(old.properties.keys() - new.properties.keys()):
        _gone(pair, name)
    for name in sorted(new.properties.keys() - old.properties.keys()):
        _come(pair, name)
    for name in sorted(old.properties.keys() & new.properties.keys()):
        pair.descend(old.properties[name], new.properties[name])
    for name in sorted((old.required ^ new.required) & _known(pair)):
        _required(pair, name)
    if old.closed != new.closed:
        _closure(pair)
    if not old.closed and not new.closed:
        pair.descend(old.extra, new.extra)


def compare_arrays(pair: Pair) -> None:
    """Leads on to the items of two arrays, of which the first may have schemas of their own."""
    old, new = pair.old, pair.new
    if not {"array"} & old.types & new.types:
        return
    pair.descend(old.items, new.items)
    for index in range(max(len(old.prefix), len(new.prefix))):
        pair.descend(_item(old, index), _item(new, index))


def _item(shape: Shape, index: int) -> Value:
    return shape.prefix[index] if index < len(shape.prefix) else shape.items


def _known(pair: Pair) -> set[str]:
    """What is no news: declared in both documents, or in neither."""
    old, new = pair.old.properties.keys(), pair.new.properties.keys()
    names = pair.old.required | pair.new.required
    return {each for each in names if (each in old) == (each in new)}


def _gone(pair: Pair, name: str) -> None:
    old, new = pair.old, pair.new
    place = old.places[name]
    said = f"{quoted(name)} of {pair.name}"
    if pair.sent and new.closed:
        pair.say("request-property-refused", f"{said} is gone, and is refused", place)
    elif pair.sent:
        pair.say(
            "request-property-removed", f"{said} is gone; whoever sends it is not heard", place
        )
    elif name in old.required:
        pair.say("response-property-removed", f"{said} was always there, and is gone", place)
    else:
        pair.say("response-optional-property-removed", f"{said} could be there, and is gone", place)
    if new.extra:
        pair.descend(old.properties[name], new.extra)


def _come(pair: Pair, name: str) -> None:
    old, new = pair.old, pair.new
    place = new.places[name]
    said = f"{quoted(name)} of {pair.name} is new"
    if not pair.sent:
        if old.closed:
            message = f"{said}, where no further properties were promised"
            pair.say("response-object-opened", message, new=place)
        else:
            pair.say("response-property-added", said, new=place)
    elif name in new.required and name not in old.required:
        pair.say("request-property-added-required", f"{said} and must be given", new=place)
    else:
        pair.say("request-property-added", said, new=place)
    if old.extra and not old.closed:
        pair.descend(old.extra, new.properties[name])


def _required(pair: Pair, name: str) -> None:
    now = name in pair.new.required
    said = f"{quoted(name)} of {pair.name}"
    old = pair.old.places.get(name, "")
    new = pair.new.places.get(name, "")
    rule = f"{pair.side}-property-became-{'required' if now else 'optional'}"
    if pair.sent:
        pair.say(rule, f"{said} {'must' if now else 'need not'} be given now", old, new)
    else:
        pair.say(rule, f"{said} {'is always there' if now else 'may be missing'} now", old, new)


def _closure(pair: Pair) -> None:
    rule = f"{pair.side}-object-{'closed' if pair.new.closed else 'opened'}"
    verb = "takes" if pair.sent else "has"
    words = "no properties but those declared" if pair.new.closed else "further properties"
    pair.say(rule, f"{pair.name} {verb} {words} now")
