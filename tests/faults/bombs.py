"""Bombs: expressions that would take seconds, or all memory, where nothing held them (O01)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from facade.expressions.conditions import compile_condition
from facade.expressions.paths import compile_path
from facade.expressions.slots import compile_slots
from facade.model.definition import Expression


@dataclass(frozen=True, slots=True)
class Bomb:
    """One text in one language, on one value."""

    language: str
    """`path`, `condition` or `slot`."""
    text: str
    value: str = "large"
    """`large` or `small`: which of the values below it is about."""

    @property
    def label(self) -> str:
        """The id of its test."""
        return f"{self.language}-{self.text[:48]}"

    def throw(self) -> Any:
        """Compiles and evaluates it: gives what it makes, or raises its Fault."""
        value = VALUES[self.value]()
        return THROWN[self.language](self.text, value)


def _path(text: str, value: Any) -> Any:
    return compile_path(Expression(text)).evaluate(value)


def _condition(text: str, value: Any) -> Any:
    return compile_condition(Expression(text)).evaluate({"input": value})


def _slot(text: str, value: Any) -> Any:
    return compile_slots(text, {}).fill({"input": value}).value


THROWN: Mapping[str, Callable[[str, Any], Any]] = {
    "path": _path,
    "condition": _condition,
    "slot": _slot,
}


@cache
def large() -> dict[str, Any]:
    """Some 20 MiB in all shapes."""
    deep: dict[str, Any] = {}
    at = deep
    for _ in range(5_000):
        at["a"] = {}
        at = at["a"]
    return {
        "n": 7,
        "s": "a" * 4_000_000,
        "l": list(range(200_000)),
        "o": [{"id": i, "name": f"n{i}", "d": {"x": [i]}} for i in range(30_000)],
        "t": ["x" * 1_000] * 4_000,
        "p": [[i] * 100 for i in range(2_000)],
        "deep": deep,
    }


@cache
def small() -> dict[str, Any]:
    """What conditions and slots are still given."""
    return {
        "n": 7,
        "l": list(range(1_000)),
        "m": list(range(300)),
        "t": ["x" * 60] * 1_000,
        "u": "y" * 200_000,
        "r": [{"id": i, "n": f"k{i}"} for i in range(2_000)],
    }


VALUES: Mapping[str, Callable[[], Any]] = {"large": large, "small": small}


def _again(text: str, times: int) -> str:
    """A value that goes through the same again and again."""
    return f" | {text}" * times


PATHS = (
    "o" + _again("[@,@]", 50),
    "l" + _again("[@,@][]", 50),
    "to_string(n" + _again("[@,@]", 30) + ")",
    "{a: n" + _again("[@,@]", 25) + ", b: n" + _again("[@,@]", 25) + "} | a == b",
    "s" + _again("join('',[@,@])", 20),
    "s" + _again("replace(@,'a','aaaaaaaaaa')", 5),
    "n" + _again("mul(@,@)", 50),
    "n" + _again("{a:@,b:@,c:@,d:@}", 40),
    "split(s,'')",
    "sort(l)",
    "l[::-1] | [::-1] | sort(@)",
    "sort_by(o,&name)",
    "o[*].d.x[*] | [] | []",
    "l[?contains(`[1,2,3]`, @)]",
    "o[?name == 'n5' || d.x[0] == `9`].{a:id,b:name,c:d.x,e:upper(name)}",
    "map(&contains(@,'y'), t)",
    "map(&map(&add(@,@),@), p)",
    "p[*].[@[*].[@,@,@]]",
    "p[][] | map(&[@,@,@,@,@,@,@,@],@)",
    "deep == deep",
    "to_string(deep)",
    "merge_deep(deep,deep)",
    "map(&to_string(@), o)",
    "to_string(o)",
    "o[*].items(@)",
    "o[*].merge(@,@,@)",
    "o[*].*.*",
    "zip(l,l,l,l)",
    "group_by(o,&name)",
    "map(&replace(@,'x','yy'),t)",
    "map(&format_date('2026-01-01','%Y'), l)",
    "not_null(" + ",".join(["n.a"] * 1_000) + ",l)",
    "!" * 5_000 + "n",
    "(" * 5_000,
    "n" + ".a" * 2_000,
    "`" + "[" * 4_000 + "`",
    "1" * 4_096,
)
CONDITIONS = (
    "input.l.exists(i, i == -1)",
    "input.o.map(i, i).size() > 0",
    "input.s.matches('(a|b)*c')",
    "input.s.contains('b')",
    "input == input",
    "input.deep == 1",
    "true" + "||true" * 500,
    "1" + "+1" * 2_000 + " > 0",
    "!" * 4_000 + "true",
    "[" * 2_000,
    "'x'.matches('(a{1000}){1000}')",
    "'x'.matches('\\\\pL{300}')",
    "[[1]].map(a,a+a).map(b,b+b).map(c,c+c).map(d,d+d).map(e,e+e).size() > 0",
)
SMALL = (
    "input.l.map(i, i).size() > 0",
    "input.m.map(i, input.m.map(j, j)).size() > 0",
    "input.m.exists(i, input.m.exists(j, i + j == -1))",
    "input.t.all(i, !i.matches('(x+x+)+y'))",
    "input.t.all(i, !i.matches(input.u))",
    "input.u.contains(input.u)",
    "input.u.contains('" + "y" * 1_000 + "z')",
    "input.r.all(i, i in input.r)",
    "input.r.filter(i, i.id > 5).size() > 1",
    "input.l.all(i, string(i) + input.u != '')",
    "[input.u].map(a,a+a).map(a,a+a).map(a,a+a)[0] == ''",
    "input.m.all(i, input.m.all(j, input.m.all(k, i + j + k >= 0)))",
)
SLOTS = (
    "{{ input.l | json }}",
    "x{{ input.o }}y",
    "x{{ input.s }}" * 1_000,
    "{{ input.s | upper }}",
    "{{ input.s | replace('a','bbbbbbbbbbb') }}",
    "{{ input.deep | json }}",
    "{{ input.s ~ input.s ~ input.s }}",
    "{{ input.n | round(1000000000) }}",
    "{{ 'a'" + " | replace('a','aaaaaaaaaaaaaaaaaaaaaaaa')" * 20 + " }}",
    "{{ " + "not " * 500 + "input.n }}",
    "{{ " + "(" * 900 + " }}",
    "{{ range(1000000000) }}",
    "{{ 'x' * 1000000000 }}",
    "{{ [1] * 1000000 }}",
    "{{ '%099999999d' | format(1) }}",
    "{{ 'x' | indent(1000000000) }}",
    "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}",
)

BOMBS = (
    *(Bomb("path", text) for text in PATHS),
    *(Bomb("condition", text) for text in CONDITIONS),
    *(Bomb("condition", text, "small") for text in SMALL),
    *(Bomb("slot", text) for text in SLOTS),
    Bomb("slot", "{{ input.t | join('" + "x" * 1_500 + "') }}", "small"),
)
"""All of them."""
