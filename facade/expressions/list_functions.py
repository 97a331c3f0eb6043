"""Functions of lists and objects."""

from collections.abc import Mapping
from typing import Any, Final

from facade.errors.expressions import ExpressionFailed
from facade.expressions.budget import Budget
from facade.expressions.known import ANYTHING, Known, list_of, object_of, scalar
from facade.expressions.numbers import EXACT, Number, compute, is_number
from facade.expressions.signature import (
    ANY,
    EXPRESSION,
    LIST,
    LIST_OR_NULL,
    OBJECT,
    TEXT,
    Function,
    Lambda,
)
from facade.expressions.values import equal, ordered, type_of

_SIZED: Final = TEXT | LIST | OBJECT


def length(budget: Budget, value: Any) -> int:
    """Gives how many characters, items or fields there are."""
    del budget
    return len(value)


def contains(budget: Budget, where: Any, what: Any) -> bool:
    """Tells whether a list has an item, or a text a part."""
    if isinstance(where, str):
        budget.spend(len(where) >> 4)
        return isinstance(what, str) and what in where
    budget.spend(len(where))
    return any(equal(each, what, budget) for each in where)


def map_(budget: Budget, each: Lambda, items: list[Any]) -> list[Any]:
    """Gives what an expression makes of each item; null stays in its place."""
    budget.spend((each.weight + 1) * len(items))
    return [each.run(item, budget) for item in items]


def sort(budget: Budget, items: list[Any]) -> list[Any]:
    """Gives numbers or strings in order."""
    budget.spend(len(items))
    return [items[at] for at in ordered(items, items.__getitem__, "sort", budget)]


def _keys(budget: Budget, items: list[Any], key: Lambda) -> list[Any]:
    """What an expression makes of each item."""
    return map_(budget, key, items)


def sort_by(budget: Budget, items: list[Any], key: Lambda) -> list[Any]:
    """Gives items in the order of what an expression makes of them."""
    keys = _keys(budget, items, key)
    return [items[at] for at in ordered(items, keys.__getitem__, "sort_by", budget)]


def max_by(budget: Budget, items: list[Any], key: Lambda) -> Any:
    """Gives the item with the greatest key; null of none."""
    return _extreme(budget, items, _keys(budget, items, key), "max_by")


def min_by(budget: Budget, items: list[Any], key: Lambda) -> Any:
    """Gives the item with the least key; null of none."""
    return _extreme(budget, items, _keys(budget, items, key), "min_by")


def max_(budget: Budget, items: list[Any]) -> Any:
    """Gives the greatest number or string; null of none."""
    return _extreme(budget, items, items, "max")


def min_(budget: Budget, items: list[Any]) -> Any:
    """Gives the least number or string; null of none."""
    return _extreme(budget, items, items, "min")


def _extreme(budget: Budget, items: list[Any], keys: list[Any], word: str) -> Any:
    """The first item with the least or the greatest key."""
    order = ordered(items, keys.__getitem__, word, budget)
    if not order:
        return None
    if word.startswith("min"):
        return items[order[0]]
    greatest = keys[order[-1]]
    return items[next(at for at in order if keys[at] == greatest)]


def group_by(budget: Budget, items: list[Any] | None, key: Lambda) -> dict[str, list[Any]] | None:
    """Gives items by the text that an expression makes of them; those with none are left out."""
    if items is None:
        return None
    groups: dict[str, list[Any]] = {}
    for name, item in zip(_keys(budget, items, key), items, strict=True):
        if isinstance(name, str):
            groups.setdefault(name, []).append(item)
        elif name is not None:
            raise ExpressionFailed(f"group_by() groups by strings; this is {type_of(name)}")
    return groups


def reverse(budget: Budget, value: Any) -> Any:
    """Gives a list or a text from its end."""
    if isinstance(value, str):
        budget.grow(len(value))
    else:
        budget.spend(len(value))
    return value[::-1]


def zip_(budget: Budget, *lists: list[Any]) -> list[list[Any]]:
    """Gives the first items of all lists, then the second ones, as far as the shortest goes."""
    budget.spend(min(map(len, lists)) * (len(lists) + 4))
    return [list(each) for each in zip(*lists, strict=False)]


def keys(budget: Budget, value: dict[str, Any]) -> list[str]:
    """Gives the names of an object's fields."""
    budget.spend(len(value))
    return list(value)


def values(budget: Budget, value: dict[str, Any]) -> list[Any]:
    """Gives the values of an object's fields."""
    budget.spend(len(value))
    return list(value.values())


def items(budget: Budget, value: dict[str, Any]) -> list[list[Any]]:
    """Gives the fields of an object as pairs."""
    budget.spend(6 * len(value) + 4)
    return [[name, each] for name, each in value.items()]


def from_items(budget: Budget, pairs: list[Any]) -> dict[str, Any]:
    """Gives the object that pairs make."""
    budget.spend(2 * len(pairs))
    made: dict[str, Any] = {}
    for each in pairs:
        if not isinstance(each, list) or len(each) != 2 or not isinstance(each[0], str):
            raise ExpressionFailed("from_items() takes pairs of a string and a value")
        made[each[0]] = each[1]
    return made


def merge(budget: Budget, *objects: dict[str, Any]) -> dict[str, Any]:
    """Gives one object of several; a later field takes the place of an earlier."""
    made: dict[str, Any] = {}
    for each in objects:
        budget.spend(2 * len(each))
        made.update(each)
    return made


def merge_deep(budget: Budget, *objects: dict[str, Any]) -> dict[str, Any]:
    """Gives one object of several, and of objects within them too."""
    made: dict[str, Any] = {}
    for each in objects:
        made = _deep(budget, made, each, 0)
    return made


def _deep(budget: Budget, under: dict[str, Any], over: dict[str, Any], depth: int) -> Any:
    """One object laid over another."""
    budget.level(depth)
    budget.spend(2 * (len(under) + len(over)))
    made = dict(under)
    for name, value in over.items():
        below = made.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            made[name] = _deep(budget, below, value, depth + 1)
        else:
            made[name] = value
    return made


def sum_(budget: Budget, items: list[Any]) -> Number:
    """Gives the sum of numbers, exactly."""
    budget.spend(8 * len(items))
    total: Number = 0
    for each in items:
        if not isinstance(each, int):
            budget.spend(EXACT)
        if not is_number(each):
            raise ExpressionFailed(f"a sum is of numbers; this is {type_of(each)}")
        total = compute("add", total, each)
    return total


def avg(budget: Budget, items: list[Any]) -> Number | None:
    """Gives the mean of numbers; null of none."""
    return compute("div", sum_(budget, items), len(items)) if items else None


def _same(first: Known, *_: Known) -> Known:
    return first


def _item(first: Known, *_: Known) -> Known:
    return first.items()


def _mapped(each: Known, *_: Known) -> Known:
    return list_of(each)


def _grouped(first: Known, *_: Known) -> Known:
    return object_of({}, rest=list_of(first.items()))


def _merged(*several: Known) -> Known:
    """Fields of all of them; anything where one is not known."""
    if not all(each.types == OBJECT and each.field("\0") is None for each in several):
        return ANYTHING
    return object_of(
        {name: each.field(name) or ANYTHING for each in several for name in each.names}
    )


OF_LISTS: Final[Mapping[str, Function]] = {
    "length": Function(
        takes=(_SIZED,),
        run=length,
        gives=lambda *_: scalar("integer"),
        usage="length(value)",
        help="how many characters, items or fields",
    ),
    "contains": Function(
        takes=(TEXT | LIST, ANY),
        run=contains,
        gives=lambda *_: scalar("boolean"),
        usage="contains(where, what)",
        help="whether a list has the item, or a text the part",
    ),
    "map": Function(
        takes=(EXPRESSION, LIST),
        run=map_,
        gives=_mapped,
        usage="map(&expression, list)",
        help="what the expression makes of each item; null stays in its place",
    ),
    "sort": Function(
        takes=(LIST,), run=sort, gives=_same, usage="sort(list)", help="numbers or strings in order"
    ),
    "sort_by": Function(
        takes=(LIST, EXPRESSION),
        run=sort_by,
        gives=_same,
        usage="sort_by(list, &key)",
        help="the items in the order of their keys",
    ),
    "max": Function(
        takes=(LIST,),
        run=max_,
        gives=_item,
        usage="max(list)",
        help="the greatest number or string; null of none",
    ),
    "min": Function(
        takes=(LIST,),
        run=min_,
        gives=_item,
        usage="min(list)",
        help="the least number or string; null of none",
    ),
    "max_by": Function(
        takes=(LIST, EXPRESSION),
        run=max_by,
        gives=_item,
        usage="max_by(list, &key)",
        help="the item with the greatest key",
    ),
    "min_by": Function(
        takes=(LIST, EXPRESSION),
        run=min_by,
        gives=_item,
        usage="min_by(list, &key)",
        help="the item with the least key",
    ),
    "group_by": Function(
        takes=(LIST_OR_NULL, EXPRESSION),
        run=group_by,
        gives=_grouped,
        usage="group_by(list, &key)",
        help="an object of lists, by the string that the key is; items without are left out",
    ),
    "reverse": Function(
        takes=(TEXT | LIST,),
        run=reverse,
        gives=_same,
        usage="reverse(value)",
        help="a list or a text from its end",
    ),
    "zip": Function(
        takes=(LIST,),
        run=zip_,
        more=True,
        usage="zip(list, …)",
        help="the first items of all lists, then the second ones, up to the shortest",
    ),
    "keys": Function(
        takes=(OBJECT,),
        run=keys,
        gives=lambda *_: list_of(scalar("string")),
        usage="keys(object)",
        help="the names of the fields",
    ),
    "values": Function(
        takes=(OBJECT,), run=values, usage="values(object)", help="the values of the fields"
    ),
    "items": Function(
        takes=(OBJECT,),
        run=items,
        usage="items(object)",
        help="the fields as pairs of name and value",
    ),
    "from_items": Function(
        takes=(LIST,), run=from_items, usage="from_items(pairs)", help="the object that pairs make"
    ),
    "merge": Function(
        takes=(OBJECT,),
        run=merge,
        more=True,
        gives=_merged,
        usage="merge(object, …)",
        help="one object; later fields win",
    ),
    "merge_deep": Function(
        takes=(OBJECT,),
        run=merge_deep,
        more=True,
        usage="merge_deep(object, …)",
        help="one object, merged in objects within too",
    ),
    "sum": Function(
        takes=(LIST,),
        run=sum_,
        gives=lambda *_: scalar("number"),
        usage="sum(list)",
        help="the sum of numbers, exactly",
    ),
    "avg": Function(
        takes=(LIST,),
        run=avg,
        gives=lambda *_: scalar("number", "null"),
        usage="avg(list)",
        help="the mean of numbers; null of none",
    ),
}
"""By name."""
