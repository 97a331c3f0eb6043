"""What cannot work in a definition, each at its line and column.

In the texts `«` stands before the character that the finding is to be at.
"""

from dataclasses import replace

import pytest

from facade.expressions.known import object_of, scalar
from facade.flows.checking.called import Called, Nothing
from facade.flows.checking.check import check
from facade.flows.document.definition import definition_of
from facade.flows.document.reading import read_definition
from facade.model.definition import (
    Expression,
    Map,
    OnFailure,
    Place,
    Statuses,
)
from tests.flow_files import Shop, marked

FETCH = "  - {id: fetch, action: petstore/listPets, arguments: {limit: 5}}\n"


def steps(*lines: str, before: str = FETCH, beside: str = "") -> str:
    """A file whose steps are `before` and then one of these lines."""
    return f"{beside}steps:\n{before}  - id: a\n" + "".join(f"    {each}\n" for each in lines)


def poll(*lines: str) -> str:
    """A file that polls, with these lines beside the call."""
    call = "    call: {action: petstore/listPets}\n    every: 5m\n"
    more = "".join(f"    {each}\n" for each in lines)
    return "trigger:\n  poll:\n" + call + more + "steps: [{id: a, wait: 1s}]\n"


REGISTER = """\
trigger:
  backend_webhook:
    register:
      action: petstore/addPet
      arguments: {name: "{{ «steps.a.output }}"}
steps: [{id: a, wait: 1s}]
"""

WRONG = {
    # Fields that are not there.
    "a field that no pet has": (
        steps("from: steps.fetch.output[0]", "map: «nome"),
        "`nome` is no field of",
    ),
    "a field of a field": (steps("map: steps.fetch.output[0].«nmae"), "did you mean `name`"),
    "a field by name of the mapping": (
        steps("from: steps.fetch.output[]", "map:", "  good: '[].id'", "  bad: '[].«weihgt'"),
        "did you mean `weight`",
    ),
    "a field in a block of text": (
        steps("map: |", "  {", "    id: steps.fetch.output[0].«no", "  }"),
        "`no` is no field",
    ),
    "a field of what a map before made": (
        steps(
            "map: steps.n.output.«nombre",
            before=FETCH + "  - {id: n, map: {name: 'steps.fetch.output[0].name'}}\n",
        ),
        "did you mean `name`",
    ),
    "a field of the list in place of an item": (
        steps("map: steps.fetch.output.«id"),
        "leads to its items",
    ),
    "a field of the input": (
        steps(
            "map: input.«tga",
            beside="input: {type: object, properties: {tag: {type: string}}}\n",
        ),
        "did you mean `tag`",
    ),
    "a value of the environment": (
        steps("map: env.«regoin", beside="env: {region: eu}\n"),
        "did you mean `region`",
    ),
    "a field of the trigger": (
        steps("map: trigger.«bdy", beside="trigger: {webhook: {}}\n"),
        "did you mean `body`",
    ),
    "a word that is none at the root": (steps("map: «step.fetch"), "did you mean `steps`"),
    "a field in a slot": (
        steps("save: x", "value: steps", 'when: "true"').replace(
            "save: x", 'save: "{{ steps.fetch.output[0].«nam }}"'
        ),
        "`nam` is no field",
    ),
    "a field in a condition": (
        steps("wait: 1s", 'when: "steps.fetch.«stat == 200"'),
        "did you mean `state",
    ),
    "a field in an item": (
        steps("for_each: steps.fetch.output", "do: {map: item.«nick}"),
        "`nick` is no field of",
    ),
    "a field of a rule": (
        steps("from: steps.fetch.output[0]", "validate: [{required: «idd}]"),
        "did you mean `id`",
    ),
    "a field of the result": (steps("wait: 1s") + "result: steps.fetch.«outptu\n", "`output`"),
    "a field of what branches gave": (
        steps(
            "map: steps.either.output.«c",
            before="  - id: either\n    choose:\n"
            '      - {when: "true", steps: [{id: x, map: {a: "`1`"}}]}\n'
            '      - {steps: [{id: y, map: {b: "`2`"}}]}\n',
        ),
        "`c` is no field",
    ),
    # Steps that are not there.
    "a step that is nowhere": (steps("map: «steps.fetsh.output"), "did you mean `fetch`"),
    "a step that stands later": (
        steps("map: «steps.later.output") + "  - {id: later, wait: 1s}\n",
        "has not run yet",
    ),
    "the step itself": (steps("map: «steps.a.output"), "has not run yet"),
    "a step of another branch": (
        steps(
            "choose:",
            '  - {when: "true", steps: [{id: x, wait: 1s}]}',
            "  - {steps: [{id: y, map: «steps.x.output}]}",
        ),
        "stands in another branch",
    ),
    "a step of a branch, behind it": (
        steps(
            "map: «steps.x.output",
            before='  - {id: b, choose: [{when: "true", steps: [{id: x, wait: 1s}]}]}\n',
        ),
        "stands in another branch",
    ),
    "a step in a slot": (
        steps("notify: {event: a.b, content: {x: 'is {{ «steps.nope.output }}'}}"),
        "there is no step `nope`",
    ),
    "an item where there is none": (steps("map: «item.id"), "`item` is no field"),
    # Arguments.
    "an action that is not there": (steps("action: «petstore/listPet"), "no action `listPet`"),
    "a connector that is not there": (steps("action: «shop/listPets"), "no such thing"),
    "a connection that is not there": (
        steps("action: «petstore/listPets", "connection: paris"),
        "no such thing",
    ),
    "an argument that is unknown": (
        steps("action: petstore/listPets", "arguments: {limt: «5}"),
        "`limt` is no argument of `listPets`; did you mean `limit`",
    ),
    "a media type that is none": (
        steps("action: petstore/listPets", "arguments: {Accept: «5}"),
        "`Accept` is no argument",
    ),
    "an argument that is missing": (
        steps("action: «petstore/getPetById", "arguments: {}"),
        "needs the argument `petId`",
    ),
    "an argument of another type": (
        steps("action: petstore/getPetById", "arguments: {petId: «seven}"),
        "must be integer, not string",
    ),
    "an argument out of bounds": (
        steps("action: petstore/listPets", "arguments: {limit: «1000}"),
        "must be at most 100",
    ),
    "a word that is none of an enum": (
        steps("action: petstore/addPet", "arguments: {name: Rex, status: «gone}"),
        "must be one of",
    ),
    "an item of a list of another type": (
        steps("action: petstore/findPetsByStatus", "arguments: {status: [available, «gone]}"),
        "must be one of",
    ),
    "a body without what it needs": (
        steps("action: «petstore/addPet", "arguments: {status: available}"),
        "needs the argument `name`",
    ),
    "a field of the body that is unknown": (
        steps("action: petstore/addPet", "arguments: {body: {name: '{{ run.name }}', nick: «x}}"),
        "`nick` is no field of `body`",
    ),
    "a slot of another type": (
        steps(
            "action: petstore/getPetById",
            'arguments: {petId: "«{{ steps.fetch.output }}"}',
        ),
        "must be integer, and this is array",
    ),
    "a text made of slots for a number": (
        steps("action: petstore/getPetById", 'arguments: {petId: "«no {{ run.name }}"}'),
        "must be integer, and this is string",
    ),
    "an argument that the version sets": (
        steps("action: petstore/searchPets", 'arguments: {X-Request-Tag: "«b"}'),
        "is set by the connector's version",
    ),
    "a status of a step that calls nothing": (
        steps("validate:", "  - «{status: [200], of: n}", before=FETCH + "  - {id: n, wait: 1s}\n"),
        "`n` before this one calls an action",
    ),
    "a status where nothing is called": (
        steps("validate:", "  - «{status: [200]}", before=""),
        "no step before this one",
    ),
    # Types.
    "a fan-out over a text": (
        steps("for_each: «steps.fetch.output[0].name", "do: {map: item}"),
        "`for_each` needs a list",
    ),
    "a wait for a number": (
        steps("wait: {until: «steps.fetch.status}"),
        "`until` needs a text",
    ),
    # Expressions that are none.
    "a path that is none": (steps("map: '[0«'"), ""),
    "a function that is unknown": (steps("map: «uper(env)"), ""),
    "a condition that is none": (steps("wait: 1s", 'when: "1 +«"'), ""),
    # Triggers.
    "a filter of another word": (
        'trigger: {webhook: {filter: "«bdy.x == 1"}}\nsteps: [{id: a, wait: 1s}]\n',
        "bdy",
    ),
    "a poll of what is not there": (poll("items: body[].«nome"), "did you mean `name`"),
    "a poll of what is no list": (poll("items: «status"), "`items` needs a list"),
    "a key that no item has": (poll("items: body", "key: «uid"), "`uid` is no field"),
    "a hook's call of steps": (REGISTER, "`steps` is no"),
    "a field that no registration is told": (
        REGISTER.replace("«steps.a.output", "callback.«ulr"),
        "did you mean `url`",
    ),
    "a callback where it is removed": (
        REGISTER.replace(
            "    register:",
            "    register: {action: petstore/addPet, arguments: {name: x}}\n    unregister:",
        ).replace("«steps.a.output", "«callback.url"),
        "`callback` is no field",
    ),
    "a field that no event has": (
        "trigger: {event: {types: [run.failed], filter: event.«dta}}\nsteps: [{id: a, wait: 1s}]",
        "did you mean `data`",
    ),
    "an event's field in a step": (
        "trigger: {event: {types: [run.failed]}}\nsteps: [{id: a, map: trigger.event.«dta}]\n",
        "did you mean `data`",
    ),
    "the items of a poll that starts a run for each": (
        poll("items: body").replace("wait: 1s", "map: trigger.«items"),
        "did you mean `item`",
    ),
    "the item of a poll that starts one run": (
        poll("items: body", "each: false").replace("wait: 1s", "map: trigger.«item"),
        "did you mean `items`",
    ),
    # Flows.
    "a flow that is not there": (steps("flow: «flows/nowhere"), "no `flows/nowhere`"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_work_is_told_at_its_place(name: str) -> None:
    text, says = WRONG[name]
    plain, place = marked(text)
    found = check(read_definition(plain), Shop())
    assert [each.place for each in found] == [place], found
    assert says in found[0].message


RIGHT = {
    "media types that are chosen": steps(
        "action: petstore/listPets", "arguments: {Accept: a/b, content-type: '{{ input.type }}'}"
    ),
    "optional fields": steps("map: steps.fetch.output[0].weight"),
    "headers of any name": steps('map: steps.fetch.headers."x-total"'),
    "the error of a step": steps("map: steps.fetch.error.reason"),
    "an input of which nothing is said": steps("map: input.anything.below[0]"),
    "a step that branches leave": steps(
        "map: steps.b.output",
        before='  - {id: b, choose: [{when: "true", steps: [{id: x, map: env}]}]}\n',
    ),
    "an item, its index and the rest": steps(
        "for_each: steps.fetch.output", "do: {map: '{i: index, n: item.name, r: run.id}'}"
    ).replace("run.id", "run.name"),
    "a whole body": steps(
        "action: petstore/replacePet", "arguments: {petId: 7, body: {name: '{{ run.name }}'}}"
    ),
    "a number that becomes an argument": steps(
        "action: petstore/getPetById",
        'arguments: {petId: "{{ steps.fetch.status }}"}',
    ),
    "an argument of which nothing is known": steps(
        "action: petstore/getPetById", 'arguments: {petId: "{{ input.id }}"}'
    ),
    "a status of all calls": steps("validate: [{status: [200, 204]}]"),
    "an output that reads one before": steps("wait: 1s")
    + "output:\n  - {id: s, save: k, value: steps.a}\n"
    + "  - {id: t, notify: {event: x.y, content: '{{ steps.s.output }}'}}\n",
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_can_work_is_let_through(name: str) -> None:
    assert check(read_definition(RIGHT[name]), Shop()) == ()


def test_o06_a_flow_that_runs_itself_over_others_is_found() -> None:
    def runs(other: str) -> str:
        return f"steps: [{{id: a, flow: {other}}}]"

    shop = Shop({"flows/b": runs("c"), "flows/c": runs("flows/a/versions/v2")})
    definition = read_definition(runs("b"))
    [found] = check(definition, shop, "flows/a")
    assert found.message.endswith("flows/a -> flows/b -> flows/c -> flows/a")
    assert found.place == Place(1, 23)
    assert check(definition, shop, "flows/z") == ()
    assert check(definition, shop) == ()


def test_o06_a_circle_of_others_alone_ends_the_search() -> None:
    shop = Shop({"flows/b": "steps: [{id: a, flow: c}]", "flows/c": "steps: [{id: a, flow: b}]"})
    assert check(read_definition("steps: [{id: a, flow: b}]"), shop, "flows/a") == ()


def test_a_definition_without_a_text_is_checked_as_well() -> None:
    definition = definition_of({"steps": [{"id": "a", "map": "steps.b.output"}]})
    [found] = check(definition, Nothing())
    assert "there is no step `b`" in found.message


def test_each_problem_is_told_once_and_in_order() -> None:
    text = steps("from: steps.fetch.output[0]", "map: '{a: one, b: two, c: one}'")
    found = check(read_definition(text), Shop())
    assert [each.place.column for each in found] == sorted(each.place.column for each in found)
    assert len(found) == len(set(found)) == 3


@pytest.mark.parametrize(
    ("success", "fields"),
    [(None, ("good",)), ((404,), ("bad",)), ((200, 404), ("bad", "good")), ((), ("bad", "good"))],
)
def test_h5_the_answers_of_the_statuses_that_are_success_are_known(
    success: tuple[int, ...] | None, fields: tuple[str, ...]
) -> None:
    answers = {
        "2XX": object_of({"good": scalar("string")}),
        "404": object_of({"bad": scalar("string")}),
    }
    output = Called(answers=answers).output(Statuses(success=success))
    assert tuple(sorted(output.names)) == fields


def test_a_step_that_goes_on_after_a_failure_is_known_as_any_other() -> None:
    definition = read_definition(steps("map: steps.fetch.output[0].nope"))
    first, second = definition.steps
    going_on = replace(first, on_failure=OnFailure.CONTINUE)
    assert len(check(replace(definition, steps=(going_on, second)), Shop())) == 1
    work = Map(expression=Expression("steps.fetch.output[0].name"))
    assert check(replace(definition, steps=(going_on, replace(second, work=work))), Shop()) == ()


@pytest.mark.parametrize(
    ("slot", "says"),
    [
        ("{{ input.n | int }}", ""),
        ("{{ input.n | length }}", ""),
        ("{{ input.n | default(5) }}", ""),
        ("{{ input.n + 1 }}", ""),
        ("{{ 7 if input.n else 8 }}", ""),
        ("{{ steps.fetch.output[0].id }}", ""),
        ("{{ steps.fetch.output[0]['id'] }}", ""),
        ("{{ steps.fetch.output[0].name }}", "`petId` must be integer, and this is string"),
        ("{{ steps.fetch.output[0].name | default('a' | upper) }}", ""),
        ("{{ input.n | int | string }}", "`petId` must be integer, and this is string"),
        ("{{ input.n }} ", "`petId` must be integer, and this is string"),
        ("{{ input.n }}{{ input.n }}", "`petId` must be integer, and this is string"),
    ],
)
def test_a_slot_has_the_type_that_it_is_filled_with(slot: str, says: str) -> None:
    call = f'{{id: last, action: petstore/getPetById, arguments: {{petId: "{slot}"}}}}'
    text = f"steps:\n  - {{id: fetch, action: petstore/listPets}}\n  - {call}\n"
    found = check(read_definition(text), Shop())
    assert [each.message for each in found] == ([says] if says else [])
