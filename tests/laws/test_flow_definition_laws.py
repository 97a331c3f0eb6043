"""Laws of flow files: what is written is read again as it was, and nothing breaks the reader."""

import contextlib
import json
from typing import Any

import jsonschema_rs
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from facade.errors.definitions import DefinitionInvalid
from facade.flows.document.definition import definition_of, tree_of
from facade.flows.document.kinds import Duration, seconds_of
from facade.flows.document.reading import read_definition
from facade.flows.document.schema import schema
from facade.flows.templates import TEMPLATES
from gateway.convert.flow_definition import definition_from, definition_to

VALIDATOR = jsonschema_rs.Draft202012Validator(json.loads(json.dumps(schema())))

names = st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True)
paths = st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,5}){0,2}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=12)
values: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts | st.just("{{ input.x }}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
times = st.integers(1000, 3_600_000).map(lambda ms: Duration(least=0, most=1e9).write(ms / 1000))
some = st.fixed_dictionaries


def works() -> Any:
    """What may be done for each item, too."""
    call = some(
        {"action": st.sampled_from(["p/x", "connectors/p/versions/v1/actions/x/y"])},
        optional={
            "connection": st.sampled_from(["berlin", "connections/paris"]),
            "arguments": st.dictionaries(texts, values, max_size=3),
            "success": st.lists(st.integers(100, 599), max_size=3) | st.just("200, 204"),
            "messages": st.dictionaries(
                st.sampled_from(["404", "500", "default"]), st.just("It failed"), max_size=3
            ),
            "ignore_empty": st.booleans(),
        },
    )
    mapping = some(
        {"map": paths | st.dictionaries(names, paths, min_size=1, max_size=3)},
        optional={"from": paths},
    )
    flow = some({"flow": st.just("other")}, optional={"input": values})
    told = st.one_of(
        some({"webhook": st.just("https://x.example/y")}, optional={"content": values}),
        some(
            {"mail": st.just("a@b.example,c@d.example"), "subject": st.just("s"), "content": texts}
        ),
        some({"event": st.just("order.done")}, optional={"content": values}),
    )
    return st.one_of(call, mapping, flow, some({"notify": told}))


def rules() -> Any:
    """What a validation asks."""
    kinds = st.one_of(
        some({"required": paths}),
        some({"type": paths, "is": st.sampled_from(["string", "array", "null"])}),
        some({"range": paths, "least": st.integers(-9, 0)}, optional={"most": st.floats(0, 9)}),
        some({"status": st.lists(st.integers(100, 599), min_size=1, max_size=3)}),
        some({"that": paths}),
    )
    return st.builds(lambda a, b: a | b, kinds, some({}, optional={"message": texts}))


def steps(depth: int) -> Any:
    """A list of steps; ids are given afterwards."""
    more = [
        works(),
        some({"wait": times | some({"until": paths})}),
        some({"validate": st.lists(rules(), min_size=1, max_size=3)}, optional={"from": paths}),
        some({"for_each": paths, "do": works()}, optional={"concurrency": st.integers(1, 64)}),
        some({"save": st.just("k-{{ input.id }}"), "value": paths}),
    ]
    if depth:
        branch = some({"when": paths, "steps": steps(depth - 1)})
        more.append(some({"choose": st.lists(branch, min_size=1, max_size=2)}))
    common = some(
        {},
        optional={
            "title": texts,
            "when": paths,
            "on_failure": st.sampled_from(["abort", "continue"]),
            "timeout": st.sampled_from(["10s", "0.25s", "29s"]),
            "retry": some({"attempts": st.integers(1, 10)}, optional={"base": st.just("2s")}),
        },
    )
    return st.lists(
        st.builds(lambda a, b: {"id": "", **a, **b}, st.one_of(*more), common),
        min_size=1,
        max_size=3,
    )


triggers: Any = st.one_of(
    st.just({"manual": {}}),
    st.just({"schedule": {"cron": "*/5 8-18 * * MON", "time_zone": "Asia/Kathmandu"}}),
    some({"webhook": some({}, optional={"filter": paths})}),
    some({"event": some({"types": st.just(["run.*", "a.b"])}, optional={"filter": paths})}),
    some(
        {
            "poll": some(
                {"call": st.just({"action": "p/x"}), "every": times, "items": paths},
                optional={"key": paths, "state": paths, "each": st.booleans()},
            )
        }
    ),
)


def numbered(tree: Any) -> Any:
    """A tree whose steps have ids of their own."""
    count = iter(range(10_000))

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            made = {key: walk(each) for key, each in node.items()}
            return made | ({"id": f"s{next(count)}"} if node.get("id") == "" else {})
        return [walk(each) for each in node] if isinstance(node, list) else node

    return {**tree, "steps": walk(tree["steps"])}


trees = some(
    {"steps": steps(2)},
    optional={
        "title": texts,
        "trigger": triggers,
        "env": st.dictionaries(names, texts, max_size=2),
        "input": st.just({"type": "object", "properties": {"a": {"type": "string"}}}),
        "result": paths,
        "bounds": some(
            {}, optional={"seconds": st.integers(1, 600), "bytes": st.sampled_from(["1MiB", 4097])}
        ),
        "allow_literals": st.lists(names, max_size=2),
    },
).map(numbered)


@given(trees)
@settings(max_examples=40, deadline=None)
def test_a_tree_is_written_in_one_way_and_read_again_as_it_was(tree: Any) -> None:
    definition = definition_of(tree)
    written = tree_of(definition)
    assert definition_of(written) == definition
    assert tree_of(read_definition(json.dumps(written))) == written
    assert tree_of(read_definition(yaml.safe_dump(written, default_style='"'))) == written


@given(trees)
@settings(max_examples=40, deadline=None)
def test_the_schema_for_editors_takes_what_the_reader_takes(tree: Any) -> None:
    assert VALIDATOR.is_valid(tree)
    assert VALIDATOR.is_valid(tree_of(definition_of(tree)))


@given(trees)
@settings(max_examples=40, deadline=None)
def test_a_message_says_what_the_tree_says(tree: Any) -> None:
    definition = definition_of(tree)
    message = definition_to(definition)
    assert definition_from(type(message).FromString(message.SerializeToString())) == definition


@given(st.integers(0, 10**15))
def test_a_time_is_read_as_it_was_written(microseconds: int) -> None:
    seconds = microseconds / 1_000_000
    assert seconds_of(Duration(least=0, most=1e9).write(seconds)) == seconds


@given(st.sampled_from(sorted(TEMPLATES)), st.data())
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_the_reader(name: str, data: st.DataObject) -> None:
    text = TEMPLATES[name].text
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    put = data.draw(st.text("{}[]:,-\"'|>&*! \n\t#a1~%@`", max_size=5))
    with contextlib.suppress(DefinitionInvalid):
        read_definition(text[:start] + put + text[end:])
