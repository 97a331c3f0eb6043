"""Flow files as they are read: values, places, bounds of the text, and all problems at once."""

import json
import re
import time
from pathlib import Path

import pytest

from facade.errors.definitions import DefinitionInvalid
from facade.events.matching import check_types
from facade.flows.document.definition import definition_of, tree_of
from facade.flows.document.reading import LIMITS, read_definition
from facade.flows.document.rules import TYPES
from facade.model.definition import (
    CallAction,
    Choose,
    Expression,
    Map,
    OnEvent,
    OnFailure,
    Place,
    Retry,
    RuleKind,
    Schedule,
    Statuses,
    Step,
    Validate,
    Wait,
)

ROOT = Path(__file__).parents[4]
TAIL = "steps: [{id: a, wait: 1s}]\n"


def the_step(*lines: str) -> Step:
    """The one step of a file."""
    text = "steps:\n  - id: a\n" + "".join(f"    {each}\n" for each in lines)
    return read_definition(text).steps[0]


def problems_of(text: str) -> list[tuple[str, str]]:
    with pytest.raises(DefinitionInvalid) as raised:
        read_definition(text)
    return [(each.field, each.description) for each in raised.value.details.violations]


def test_json_says_the_same_as_yaml() -> None:
    text = (ROOT / "examples/flows/pets.yaml").read_text()
    tree = tree_of(read_definition(text))
    for indent in (None, 2, "\t"):
        assert tree_of(read_definition(json.dumps(tree, indent=indent))) == tree


def test_short_names_are_written_out() -> None:
    step = the_step("action: petstore/a/b", "connection: berlin")
    assert isinstance(step.work, CallAction)
    assert step.work.call.action == "connectors/petstore/versions/live/actions/a/b"
    assert step.work.call.connection == "connections/berlin"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("map: a.b", Place(3, 10)),
        ("map: 'a.b'", Place(3, 11)),
        ('map: "a.b"', Place(3, 11)),
        ("map:  &x  a.b", Place(3, 15)),
        ("map: # why\n      a.b", Place(4, 7)),
        ("map: |\n      a.b\n      .c", Place(4, 7)),
        ("map: >-  # why\n\n      a.b", Place(5, 7)),
        ('"map": a.b', Place(3, 12)),
    ],
)
def test_the_place_of_an_expression_is_its_first_character(text: str, place: Place) -> None:
    work = the_step(text).work
    assert isinstance(work, Map)
    assert work.expression is not None
    assert work.expression.place == place


def test_the_places_of_arguments_are_kept_by_pointer() -> None:
    work = the_step("action: p/x", "arguments:", "  a/b: ['x', \"y\"]", "  404: z").work
    assert isinstance(work, CallAction)
    places = {key: (each.line, each.column) for key, each in work.call.places.items()}
    assert places["/a~1b/0"] == (5, 14)
    assert places["/a~1b/1"] == (5, 19)
    assert places["/404"] == (6, 12)


def test_all_problems_are_told_at_once_in_the_order_of_the_text() -> None:
    text = "titel: x\nsteps:\n  - id: A\n    wait: 5\n  - {id: b, map: [], retry: {attempts: 0}}\n"
    found = problems_of(text)
    assert [field for field, _ in found] == [
        "line 1, column 1",
        "line 3, column 9",
        "line 4, column 11",
        "line 5, column 18",
        "line 5, column 40",
    ]
    assert found[4][1] == "`steps[1].retry.attempts`: must be from 1 to 10, not 0"


def test_no_more_than_fifty_problems_are_told() -> None:
    text = "steps:\n" + "  - {id: A, wait: 1s}\n" * 60
    found = problems_of(text)
    assert len(found) == 51
    assert found[-1][1].endswith("more problems are not shown")


def test_a_tree_without_a_text_is_told_by_fields() -> None:
    with pytest.raises(DefinitionInvalid) as raised:
        definition_of({"steps": [{"id": "a", "wait": 5}]})
    [violation] = raised.value.details.violations
    assert (violation.field, violation.description) == (
        "steps[0].wait",
        "has no unit; write `5s` for seconds",
    )


BOMBS = {
    "aliases that explode": "env: &a {x: y}\n"
    + "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}' if n else '*a'] * 9)}]\n" for n in range(9))
    + TAIL,
    "an alias of itself": "env: &a {x: *a}\n" + TAIL,
    "many aliases": "env: &a {x: y}\nz: [" + ", ".join(["*a"] * 200) + "]\n" + TAIL,
    "deep brackets": "input: " + "[" * 5000 + "]" * 5000 + "\n" + TAIL,
    "deep braces": "input: " + '{"a": ' * 500 + "1" + "}" * 500 + "\n" + TAIL,
    "deep JSON": '{"input": ' + '{"a": ' * 500 + "1" + "}" * 500 + "}",
    "many values": "steps: [" + "1, " * 100_000 + "]",
    "two megabytes": "# " + "x" * 2**21 + "\n" + TAIL,
    "a tag": "title: !!python/object/apply:os.system [ls]\n" + TAIL,
    "two documents": TAIL + "---\n" + TAIL,
    "a number of many digits": "bounds: {steps: " + "9" * 5000 + "}\n" + TAIL,
    "half a surrogate pair": "title: \ud800\n" + TAIL,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    began = time.process_time()
    with pytest.raises(DefinitionInvalid) as raised:
        read_definition(BOMBS[name])
    assert re.match("line [0-9]+, column [0-9]+$", raised.value.details.violations[0].field)
    assert time.process_time() - began < 2


def test_the_longest_text_is_a_mebibyte() -> None:
    text = TAIL + "#" * (LIMITS.size - len(TAIL) - 1) + "\n"
    assert len(text) == 2**20
    read_definition(text)
    assert "longer than 1048576 bytes" in problems_of(text + "#")[0][1]


def test_five_hundred_steps_are_read_and_no_more() -> None:
    def text(*counts: int) -> str:
        branches = [
            {"steps": [{"id": f"s{b}_{n}", "wait": "1s"} for n in range(count)], "when": "true"}
            for b, count in enumerate(counts)
        ]
        return json.dumps({"steps": [{"id": "c", "choose": branches}]})

    read_definition(text(200, 200, 99))
    assert "has 501 steps; 500 are read" in problems_of(text(200, 200, 100))[0][1]
    assert "at most 200 items" in problems_of(text(201))[0][1]


def test_branches_within_one_another_are_eight_deep_at_most() -> None:
    def text(depth: int) -> str:
        tree = {"id": "s", "wait": "1s"}
        for level in range(depth):
            tree = {"id": f"c{level}", "choose": [{"steps": [tree]}]}  # type: ignore[dict-item]  # a tree
        return json.dumps({"steps": [tree]})

    read_definition(text(8))
    assert "deeper than 8" in problems_of(text(9))[0][1]


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("success: [200, 204]", (200, 204)),
        ('success: "200,204"', (200, 204)),
        ('success: " 200 , 204 "', (200, 204)),
        ("success: [404, 200, 404]", (404, 200)),
        ("success: []", ()),
        ('success: ""', ()),
        ("title: x", None),
    ],
)
def test_h5_o09_success_statuses_are_a_list_or_a_text(
    text: str, statuses: tuple[int, ...] | None
) -> None:
    work = the_step("action: p/x", text).work
    assert isinstance(work, CallAction)
    assert work.statuses.success == statuses


@pytest.mark.parametrize(
    "text",
    ['"200,204,abc,999"', '"200,,204"', "[200, 600]", "[99]", '"200 204"', "[200.5]", '["200"]'],
)
def test_o09_a_list_with_what_is_no_status_is_refused_when_it_is_saved(text: str) -> None:
    [(field, description)] = problems_of(f"steps: [{{id: a, action: p/x, success: {text}}}]\n")
    assert field in {"line 1, column 39", "line 1, column 40"}  # behind a quote
    assert "whole numbers from 100 to 599" in description


def test_h5_messages_are_by_status_with_one_for_the_rest() -> None:
    work = the_step("action: p/x", "messages: {404: No such pet, default: It failed}").work
    assert isinstance(work, CallAction)
    assert work.statuses == Statuses(messages={404: "No such pet"}, default="It failed")


@pytest.mark.parametrize("text", ['{404: ""}', "{404: }", '{"": x}', "{404: '  '}", '{"  ": x}'])
def test_h5_a_message_with_one_half_only_is_refused(text: str) -> None:
    [(_, description)] = problems_of(f"steps: [{{id: a, action: p/x, messages: {text}}}]\n")
    assert "an entry needs its" in description


def test_h6_one_try_has_ten_seconds_unless_it_is_said() -> None:
    assert the_step("action: p/x").timeout == 10.0
    assert the_step("action: p/x", "timeout: 1m30s").timeout == 90.0


@pytest.mark.parametrize(("timeout", "attempts"), [("30s", 3), ("2m", 1)])
def test_h6_a_step_is_tried_again_where_one_try_has_thirty_seconds(
    timeout: str, attempts: int
) -> None:
    step = the_step("action: p/x", f"timeout: {timeout}", f"retry: {{attempts: {attempts}}}")
    assert step.tries.attempts == attempts


def test_h6_no_step_with_longer_tries_is_tried_again() -> None:
    [(_, description)] = problems_of(
        "steps: [{id: a, action: p/x, timeout: 31s, retry: {attempts: 2}}]\n"
    )
    assert "30s for one try at most" in description


def test_i6_a_retry_has_attempts_a_base_and_a_cap() -> None:
    assert the_step("action: p/x", "retry: {attempts: 4, base: 500ms, cap: 5s}").retry == Retry(
        attempts=4, base=0.5, cap=5.0
    )
    assert the_step("action: p/x", "retry: {attempts: 1}").retry == Retry()
    assert the_step("action: p/x").retry is None


def test_i4_every_kind_of_rule_is_read_in_order() -> None:
    work = the_step(
        "from: input",
        "validate:",
        "  - {status: [200, 201], of: fetch}",
        "  - {required: id}",
        "  - {type: id, is: integer}",
        "  - {range: id, least: 1}",
        "  - {that: 'input.on', name: is on, message: It is off.}",
    ).work
    assert isinstance(work, Validate)
    assert [each.kind for each in work.rules] == list(
        map(RuleKind, ("status", "required", "type", "range", "that"))
    )
    assert [each.name for each in work.rules] == [
        "status 200,201",
        "required id",
        "type id integer",
        "range id 1..",
        "is on",
    ]
    assert (work.rules[0].of, work.rules[4].message) == ("fetch", "It is off.")


@pytest.mark.parametrize("name", TYPES)
def test_i4_a_type_is_one_of_json_s(name: str) -> None:
    work = the_step(f"validate: [{{type: id, is: '{name}'}}]").work
    assert isinstance(work, Validate)
    assert work.rules[0].type == name


def test_h2_what_an_argument_lacks_is_no_matter_of_the_file() -> None:
    work = the_step("action: p/x", 'arguments: {q: "{{ input.q }}", fixed: 1, empty: ""}').work
    assert isinstance(work, CallAction)
    assert work.call.arguments == {"q": "{{ input.q }}", "fixed": 1, "empty": ""}


def test_o03_a_step_says_what_a_failure_does_and_a_mapping_says_its_fields() -> None:
    step = the_step("on_failure: continue", "map: {a: x.y, b: z}")
    assert step.on_failure is OnFailure.CONTINUE
    assert isinstance(step.work, Map)
    assert list(step.work.fields) == ["a", "b"]
    assert the_step("map: x").on_failure is OnFailure.ABORT


def test_o04_a_condition_chooses_among_branches() -> None:
    work = the_step(
        "choose:",
        '  - {when: "input.a", steps: [{id: b, wait: 1s}]}',
        "  - {steps: [{id: c, map: x}]}",
    ).work
    assert isinstance(work, Choose)
    assert [each.when is None for each in work.branches] == [False, True]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250ms", 0.25), ("30s", 30.0), ("1h30m", 5400.0), ("1.5s", 1.5), ("2d", 172_800.0)],
)
def test_times_have_units(text: str, seconds: float) -> None:
    assert the_step(f"wait: {text}").work == Wait(seconds=seconds)


def test_a_wait_may_be_until_a_time() -> None:
    assert the_step("wait: {until: input.due}").work == Wait(
        until=Expression("input.due", Place(3, 19))
    )


def test_o08_a_schedule_has_a_zone_and_says_what_becomes_of_missed_ticks() -> None:
    trigger = read_definition('trigger: {schedule: {cron: "0  8 * * MON-FRI"}}\n' + TAIL).trigger
    assert isinstance(trigger, Schedule)
    assert (trigger.cron, trigger.time_zone, trigger.catch_up) == ("0 8 * * MON-FRI", "UTC", "last")


@pytest.mark.parametrize("text", ["{webhook: }", "{webhook: {}}", "{webhook: null}"])
def test_a_trigger_without_fields_may_be_left_empty(text: str) -> None:
    read_definition(f"trigger: {text}\n{TAIL}")


@pytest.mark.parametrize(("text", "bytes_"), [("64KiB", 65_536), ("16 MiB", 2**24), ("4096", 4096)])
def test_sizes_have_units_of_two(text: str, bytes_: int) -> None:
    assert read_definition(f"bounds: {{bytes: {text}}}\n{TAIL}").bounds.bytes == bytes_


def test_an_event_may_be_called_in_a_flow_as_it_may_be_published() -> None:
    name = "order.2fa.1"
    assert not list(check_types([name], "types"))
    trigger = read_definition(
        f"trigger: {{event: {{types: [{name}, order.1.*]}}}}\n" + TAIL
    ).trigger
    assert isinstance(trigger, OnEvent)
    assert trigger.types == (name, "order.1.*")
