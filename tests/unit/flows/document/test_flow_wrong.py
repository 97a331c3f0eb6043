"""Wrong flow files: each problem at its line and column, with what would be right.

In the texts `«` stands before the character that the problem is to be told at.
"""

import json
from typing import NamedTuple

import jsonschema_rs
import pytest

from facade.errors.definitions import DefinitionInvalid
from facade.errors.fault import Violation
from facade.flows.document.reading import read_definition
from facade.flows.document.schema import schema
from facade.spec.load import read_tree
from tests.flow_files import marked

VALIDATOR = jsonschema_rs.Draft202012Validator(json.loads(json.dumps(schema())))


class Case(NamedTuple):
    """One wrong file."""

    text: str
    says: str
    schema: bool = True
    """Whether the JSON Schema refuses it, too."""


def step(*lines: str) -> str:
    """A file with one step of these lines."""
    return "steps:\n  - id: a\n" + "".join(f"    {each}\n" for each in lines)


def trigger(*lines: str) -> str:
    """A file with a trigger of these lines."""
    return "trigger:\n" + "".join(f"  {each}\n" for each in lines) + "steps: [{id: a, wait: 1s}]\n"


CASES = {
    # The whole.
    "an empty text": Case("«", "empty"),
    "a list": Case("«- a\n", "must be a mapping, not a list"),
    "a text alone": Case("«hello\n", "must be a mapping, not text"),
    "no steps": Case("«title: x\n", "`steps` is missing"),
    "an empty list of steps": Case("steps: «[]\n", "at least one item"),
    "a misspelt field": Case("«stepz: []\nsteps: [{id: a, wait: 1s}]\n", "did you mean `steps`"),
    "a field of nowhere": Case("«qqq: 1\nsteps: [{id: a, wait: 1s}]\n", "is no field"),
    "a title that is a number": Case("title: «1\nsteps: [{id: a, wait: 1s}]\n", "put it in quotes"),
    "a title that is too long": Case(
        "title: «" + "x" * 201 + "\nsteps: [{id: a, wait: 1s}]\n", "at most 200 characters"
    ),
    "a cron text by nickname": Case(trigger('schedule: {cron: "«@daily"}'), "`0 0 * * *`"),
    "a cron text whose step is too long": Case(
        trigger('schedule: {cron: "«*/90 * * * *"}'), "begins anew", schema=False
    ),
    "a time zone that is each machine's own": Case(
        trigger('schedule: {cron: "0 0 * * *", time_zone: «localtime}'), "IANA", schema=False
    ),
    "an event whose type is too long": Case(
        trigger(f"event: {{types: [«{'a.' * 64}b]}}"), "at most 128 characters"
    ),
    "an event that the gateway does not have": Case(
        trigger("event: {types: [order.faild, run.*, «run.faild]}"), "`run.failed`", schema=False
    ),
    "an event of which none is like it": Case(
        trigger("event: {types: [«poll.x]}"), "there are `poll.failed`", schema=False
    ),
    "types of the gateway that none begins with": Case(
        trigger("event: {types: [«run.failed.*]}"), "is no event of", schema=False
    ),
    "a webhook at a host that is not written as it is sent": Case(
        step("notify: {webhook: «https://münchen.example/}"), "URL"
    ),
    "a key twice": Case(
        "title: a\n«title: b\nsteps: [{id: a, wait: 1s}]\n", "stands twice", schema=False
    ),
    "a key twice, in JSON": Case(
        '{"title": "a", «"title": "b", "steps": [{"id": "a", "wait": "1s"}]}',
        "keep one of them",
        schema=False,
    ),
    "a tab that indents": Case(
        "steps:\n  - id: a\n«\tmap: x\n", "tabs do not indent", schema=False
    ),
    "an input whose pattern is none": Case(
        "input: «{pattern: '['}\nsteps: [{id: a, wait: 1s}]\n", "not a", schema=False
    ),
    "an input that refers to nothing": Case(
        "input: «{$ref: '#/$defs/no'}\nsteps: [{id: a, wait: 1s}]\n", "does not exist", schema=False
    ),
    "half a character, in JSON": Case(
        '{"title": "«\\ud800", "steps": [{"id": "a", "wait": "1s"}]}',
        "half a surrogate",
        schema=False,
    ),
    "an input that no trigger brings": Case(
        trigger("webhook: {}") + "input: «{required: [id]}\n", "runs begin with `{}`", schema=False
    ),
    "a merge key": Case(
        "env: &e {a: b}\nsteps: [{id: a, wait: 1s}]\ninput:\n  «<<: *e\n", "merge", schema=False
    ),
    # Steps.
    "a step without an id": Case("steps:\n  - «wait: 1s\n", "`id` is missing"),
    "an id with a capital": Case("steps:\n  - id: «Fetch\n    wait: 1s\n", "small letters"),
    "an id with a hyphen": Case("steps:\n  - id: «a-b\n    wait: 1s\n", "small letters"),
    "an id of 64 characters": Case(f"steps:\n  - id: «{'a' * 64}\n    wait: 1s\n", "63 at most"),
    "an id twice": Case(
        "steps:\n  - {id: a, wait: 1s}\n  - {id: «a, wait: 1s}\n", "in line 2", schema=False
    ),
    "an id twice, once in a branch": Case(
        "steps:\n  - {id: a, wait: 1s}\n  - id: b\n    choose:\n"
        "      - steps:\n          - id: «a\n            wait: 1s\n",
        "another step is called `a`",
        schema=False,
    ),
    "an id twice, once in the output": Case(
        "steps: [{id: a, wait: 1s}]\noutput:\n  - {id: «a, save: k, value: v}\n",
        "another step",
        schema=False,
    ),
    "a step that does nothing": Case("steps:\n  - «id: a\n", "must have one of `action`"),
    "a step that does two things": Case(step("wait: 1s", "«map: x"), "one of them is allowed"),
    "a field of another work": Case(step("map: x", "«arguments: {}"), "goes with `action`"),
    "a field of no work here": Case(step("«arguments: {}"), "of which none is here"),
    "a misspelt work": Case(step("«acton: p/x"), "did you mean `action`"),
    "a step that is a text": Case("steps:\n  - «fetch\n", "must be a mapping, not text"),
    "an output that waits": Case(
        "steps: [{id: a, wait: 1s}]\noutput:\n  - id: b\n    «wait: 1s\n", "is no field"
    ),
    # Times, tries and failures.
    "a time without a unit": Case(step("wait: 1s", "timeout: «10"), "write `10s`"),
    "a time of another kind": Case(step("wait: 1s", 'timeout: "«soon"'), "such as `500ms`"),
    "a timeout of nothing": Case(
        step("wait: 1s", "timeout: «50ms"), "from 0.1s to 1h, not 50ms", schema=False
    ),
    "a timeout of hours": Case(step("wait: 1s", "timeout: «2h"), "from 0.1s to 1h", schema=False),
    "a quote that is never closed": Case(
        'steps:\n  - id: a\n    map: «"x\n  - id: b\n    map: y\n', "never closed", schema=False
    ),
    "a retry that does not say how often": Case(
        step("wait: 1s", "«retry: {base: 1s}"), "`attempts` is missing"
    ),
    "a retry of nothing": Case(step("wait: 1s", "«retry: ~"), "must be a mapping"),
    "no attempts": Case(step("wait: 1s", "retry: {attempts: «0}"), "from 1 to 10, not 0"),
    "eleven attempts": Case(step("wait: 1s", "retry: {attempts: «11}"), "from 1 to 10"),
    "attempts that are a text": Case(
        step("wait: 1s", "retry: {attempts: «three}"), "must be a whole number, not text"
    ),
    "a cap below the base": Case(
        step("wait: 1s", "retry: {attempts: 2, base: 5s, cap: «1s}"),
        "less than `base`",
        schema=False,
    ),
    "a retry of a long try": Case(
        step("action: p/x", "timeout: «31s", "retry: {attempts: 2}"),
        "30s for one try",
        schema=False,
    ),
    "a failure of another kind": Case(
        step("wait: 1s", "on_failure: «contineu"), "did you mean `continue`"
    ),
    "a title of a step that is a list": Case(step("wait: 1s", "title: «[]"), "not a list"),
    # Actions.
    "an action without a connector": Case(step("action: «listPets"), "must name an action"),
    "an action with a slot": Case(step('action: "«p/{{ input.x }}"'), "must be written out"),
    "an action of a bad connector": Case(step("action: «Pets/list"), "must name an action"),
    "a connection of a bad name": Case(
        step("action: p/x", "connection: «Berlin!"), "must name a connection"
    ),
    "a subject without a connection": Case(
        step("action: p/x", "subject: «alice"), "needs a `connection`", schema=False
    ),
    "arguments that are a list": Case(step("action: p/x", "arguments: «[1]"), "must be a mapping"),
    "a slot without quotes": Case(
        step("action: p/x", "arguments: {a: {«{ input.x }}}"), "put a slot in quotes", schema=False
    ),
    "a status that is none": Case(step("action: p/x", "success: «[200, 999]"), "`999`"),
    "a status that is a word": Case(step("action: p/x", 'success: "«200,abc"'), '`"abc"`'),
    "a status that is true": Case(step("action: p/x", "success: «[true]"), "`true`"),
    "statuses that are a number": Case(step("action: p/x", "success: «200"), "`[200, 204]`"),
    "a message without a text": Case(
        step("action: p/x", "messages:", "  «404:"), "needs its message"
    ),
    "a message without a status": Case(
        step("action: p/x", "messages:", '  «"": gone'), "needs its status"
    ),
    "a message of an odd status": Case(
        step("action: p/x", "messages: {«4xx: gone}"), "from 100 to 599, or `default`"
    ),
    "a message that is a number": Case(step("action: p/x", "messages: {404: «1}"), "as text"),
    # Maps.
    "a map that is a number": Case(step("map: «1"), "put it in quotes"),
    "a map of no fields": Case(step("map: «{}"), "must not be empty"),
    "a map that is a slot": Case(step('map: "«{{ input.x }}"'), "leave the braces out"),
    "a map whose field is a list": Case(step("map: {a: «[]}"), "must be text, not a list"),
    "a map of blanks": Case(step('map: "«  "'), "not an empty text"),
    # Validations.
    "a validation without rules": Case(step("validate: «[]"), "at least one item"),
    "a rule of no kind": Case(step("validate:", "  - «message: x"), "must have one of `required`"),
    "a rule of a type without one": Case(step("validate:", "  - «type: id"), "`is` is missing"),
    "a rule of an unknown type": Case(
        step("validate: [{type: id, is: «integr}]"), "did you mean `integer`", schema=False
    ),
    "a range without bounds": Case(
        step("validate:", "  - «range: id"), "needs `least`", schema=False
    ),
    "a range that is upside down": Case(
        step("validate: [{range: id, least: 5, most: «1}]"), "less than `least`", schema=False
    ),
    "a rule of no statuses": Case(
        step("validate: [{status: «[]}]"), "at least one status", schema=False
    ),
    "two rules in one": Case(
        step("validate: [{required: id, «that: x}]"), "one of them is allowed"
    ),
    # Branches, lists, waits.
    "branches without a condition": Case(
        step("choose:", "  - «steps: [{id: b, wait: 1s}]", "  - steps: [{id: c, wait: 1s}]"),
        "only the last branch",
        schema=False,
    ),
    "a branch without steps": Case(step("choose:", '  - «when: "true"'), "`steps` is missing"),
    "a condition that is a truth": Case(step("wait: 1s", "when: «true"), "put it in quotes"),
    "a fan-out without work": Case("steps:\n  - «id: a\n    for_each: x\n", "`do` is missing"),
    "a fan-out of waits": Case(step("for_each: x", "do: {«wait: 1s}"), "is no field"),
    "a fan-out that is too wide": Case(
        step("for_each: x", "concurrency: «65", "do: {map: x}"), "from 1 to 64, not 65"
    ),
    "a wait of nothing": Case(step("wait: «0s"), "must be from", schema=False),
    "a wait for two things": Case(step("wait: {until: x, «for: 1s}"), "is no field"),
    # Other flows and notifications.
    "a flow of a bad name": Case(step("flow: «flows/Other"), "must name a flow"),
    "a notification to nobody": Case(step("notify: {«content: x}"), "goes with"),
    "a webhook that is no URL": Case(step("notify: {webhook: «crm.example}"), "https://"),
    "a webhook that is glued": Case(
        step('notify: {webhook: "«https://x.example/{{ input.id }}"}'), "must be written out"
    ),
    "a webhook with a user": Case(
        step("notify: {webhook: «https://u:p@x.example/}"), "without user"
    ),
    "a secret in the open": Case(
        step("notify: {webhook: https://x.example/, secret: «hunter2}"), "`secret:NAME`"
    ),
    "a mail without a subject": Case(
        step("«notify: {mail: a@b.example, content: x}"),
        "`subject` is missing",
    ),
    "a mail to no address": Case(
        step('notify: {mail: "«a@b.example, bob", subject: s, content: x}'), "`bob` is no address"
    ),
    "an event of a bad type": Case(step("notify: {event: «Order Done}"), "words of small letters"),
    # Triggers.
    "two triggers": Case(trigger("manual: {}", "«webhook: {}"), "one of them is allowed"),
    "no trigger at all": Case("«trigger: {}\nsteps: [{id: a, wait: 1s}]\n", "must have one of"),
    "a trigger that is a word": Case(
        "trigger: «manual\nsteps: [{id: a, wait: 1s}]\n", "must be a mapping"
    ),
    "a cron text of four fields": Case(trigger('schedule: {cron: "«* * * *"}'), "wrong number"),
    "a cron text of a bad minute": Case(
        trigger('schedule: {cron: "«99 * * * *"}'), "wrong minute", schema=False
    ),
    "a cron text without a time": Case(
        trigger('schedule: {cron: "«0 0 30 2 *"}'), "day-of-month", schema=False
    ),
    "a cron text without quotes": Case(
        trigger("schedule: {cron: *«/15 * * * *}"), "quote", schema=False
    ),
    "a zone of no place": Case(
        trigger('schedule: {cron: "* * * * *", time_zone: «Europe/Berlni}'),
        "did you mean `Europe/Berlin`",
        schema=False,
    ),
    "a policy of no kind": Case(
        trigger('schedule: {cron: "* * * * *", catch_up: «latest}'), "must be one of `skip`"
    ),
    "a poll without a call": Case(
        trigger("poll:", "  «every: 5m", "  items: body").replace("poll:\n    «", "«poll:\n    "),
        "`call` is missing",
    ),
    "a poll that never rests": Case(
        trigger("poll: {call: {action: p/x}, every: «10ms, items: body}"), "from 1s", schema=False
    ),
    "a poll with a text for each": Case(
        trigger('poll: {call: {action: p/x}, every: 5m, items: body, each: "«yes"}'),
        "true or false",
    ),
    "an event of the gateway's own": Case(step("notify: {event: «run.failed}"), "gateway's own"),
    "a title with a null character": Case(
        'title: "«a\\0b"\n' + step("wait: 1s"), "control characters", schema=False
    ),
    "events of no type": Case(trigger("event: {types: «[]}"), "at least one item"),
    "events that are a text": Case(trigger("event: {types: «run.failed}"), "must be a list"),
    "an event with a star amid it": Case(trigger("event: {types: [«run.*.x]}"), "words of small"),
    "a hook without a call": Case(
        trigger("backend_webhook: {«register: {}}"), "`action` is missing"
    ),
    # Input, environment, bounds.
    "an input that is no schema": Case(
        "input:\n  type: «strin\nsteps: [{id: a, wait: 1s}]\n", "no JSON Schema", schema=False
    ),
    "an input that refers elsewhere": Case(
        "input:\n  $ref: «https://x.example/s.json\nsteps: [{id: a, wait: 1s}]\n",
        "refers out",
        schema=False,
    ),
    "an environment of numbers": Case(
        "env: {a: «1}\nsteps: [{id: a, wait: 1s}]\n", "put it in quotes"
    ),
    "an environment of odd names": Case(
        "env: {«a-b: x}\nsteps: [{id: a, wait: 1s}]\n", "letters, digits"
    ),
    "a bound that is unknown": Case(
        "steps: [{id: a, wait: 1s}]\nbounds: {«secs: 1}\n", "did you mean `seconds`"
    ),
    "bounds of bytes in a wrong unit": Case(
        "steps: [{id: a, wait: 1s}]\nbounds: {bytes: «16MB}\n", "`16MiB`"
    ),
    "bounds of too many bytes": Case(
        "steps: [{id: a, wait: 1s}]\nbounds: {bytes: «1GiB}\n", "from 1KiB to 256MiB", schema=False
    ),
    "bounds of no seconds": Case(
        "steps: [{id: a, wait: 1s}]\nbounds: {seconds: «0}\n", "from 1 to 86400"
    ),
    "a result that is a slot": Case(
        'steps: [{id: a, wait: 1s}]\nresult: "«{{ steps.a }}"\n', "leave the braces out"
    ),
    # JSON.
    "a wrong field of JSON": Case('{"steps": [\n  {"id": "a", "wait": «5}\n]}', "has no unit"),
    "JSON that ends early": Case('{"steps": [«', "ends in the middle", schema=False),
}


def problems_of(text: str) -> tuple[Violation, ...]:
    with pytest.raises(DefinitionInvalid) as raised:
        read_definition(text)
    return raised.value.details.violations


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_file_is_refused_at_its_place(name: str) -> None:
    case = CASES[name]
    text, place = marked(case.text)
    [problem] = problems_of(text)
    assert problem.field == f"line {place.line}, column {place.column}", problem
    assert case.says in problem.description


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.schema])
def test_the_schema_for_editors_refuses_what_the_reader_does(name: str) -> None:
    tree = read_tree(CASES[name].text.replace("«", ""))[0]
    assert not VALIDATOR.is_valid(tree)
