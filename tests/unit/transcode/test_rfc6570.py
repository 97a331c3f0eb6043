"""The examples of RFC 6570, by the operators that OpenAPI's styles are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from facade.model.action import Location, Parameter, Style
from facade.model.version import Serialization
from facade.transcode.arguments import tokens
from facade.transcode.style import compile_shape, shape_of
from facade.transcode.template import QUERY, literal

SUITE = Path(__file__).resolve().parents[3] / "../shared/suites/uritemplate-test"
FILES = ("spec-examples.json", "spec-examples-by-section.json", "extended-tests.json")
OPERATORS: dict[str, tuple[Style, Location, bool, str, str]] = {
    "": (Style.SIMPLE, Location.PATH, False, "", ","),
    "+": (Style.FORM, Location.QUERY, True, "", ","),
    ".": (Style.LABEL, Location.PATH, False, "", ""),
    ";": (Style.MATRIX, Location.PATH, False, "", ""),
    "?": (Style.FORM, Location.QUERY, False, "?", "&"),
    "&": (Style.FORM, Location.QUERY, False, "&", "&"),
}
"""By operator: how it is written, what stands before the first and between variables."""
EXPRESSION = re.compile(r"\{([+.;?&]?)([^{}]*)\}")


def cases() -> list[tuple[str, dict[str, Any], Any]]:
    found = []
    for file in FILES:
        path = SUITE / file
        groups = json.loads(path.read_text()).values() if path.is_file() else ()
        for group in groups:
            found += [(each, group["variables"], result) for each, result in group["testcases"]]
    return found


def is_ours(template: str) -> bool:
    """No `{/x}`, `{#x}` and prefixes, which OpenAPI has not; no names that are encoded already."""
    return not re.search(r"\{[/#|!@=,^$]|:[0-9]|\{[^}]*%", template)


def written(operator: str, name: str, value: Any) -> str:
    style, location, reserved, _, _ = OPERATORS[operator]
    explode = name.endswith("*")
    name = name.removesuffix("*")
    each = Parameter(
        key=name,
        name=name,
        location=location,
        required=False,
        style=style,
        explode=explode,
        schema=True,
        allow_reserved=reserved,
    )
    pieces = compile_shape(shape_of(each, Serialization()), location)(tokens(json.dumps(value)))
    if operator != "+":
        return "&".join(pieces)
    bare = [
        each if explode and isinstance(value, dict) else each.split("=", 1)[1] for each in pieces
    ]
    return ",".join(bare)


def expand(template: str, variables: dict[str, Any]) -> str:
    def expanded(match: re.Match[str]) -> str:
        operator, names = match[1], match[2].split(",")
        _, _, _, first, between = OPERATORS[operator]
        given = [(name, variables.get(name.removesuffix("*"))) for name in names]
        texts = [
            written(operator, name, value)
            for name, value in given
            if value is not None and value not in ([], {})
        ]
        return first + between.join(texts) if texts else ""

    return EXPRESSION.sub(expanded, literal(template, QUERY + "{}"))


def test_every_example_of_the_operators_that_are_styles_is_written_as_printed() -> None:
    found = cases()
    if not found:
        pytest.skip("the uritemplate-test suite is not beside the repository")
    ours = [each for each in found if is_ours(each[0])]
    wrong = [
        (template, expand(template, variables), result)
        for template, variables, result in ours
        if expand(template, variables) not in (result if isinstance(result, list) else [result])
    ]
    assert wrong == []
    assert len(ours) > 150
