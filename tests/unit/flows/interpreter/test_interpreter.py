"""What the steps of a run do, in process: nothing is kept, and the world is what a test says."""

import asyncio
from datetime import UTC, datetime

import pytest

from facade.errors.backend import BackendTimeout
from facade.errors.fault import Effect
from facade.flows.definitions import read
from facade.flows.interpreter.evaluator import Evaluator
from facade.flows.interpreter.interpreter import Interpreter
from facade.flows.interpreter.ports import Answered
from facade.flows.interpreter.result import error_of
from facade.flows.interpreter.scope import Scope
from facade.flows.running.dry_run import TriedOutputs
from facade.model.definition import Expression, Place
from facade.model.run import RunState, StepState
from tests.fakes import FakeWorld
from tests.interpreted import CALL, RUN, Journal, fails, ok, run


async def test_i_3_the_seeds_mapping_gives_what_the_seed_says() -> None:
    source = f"""
steps:
  - {{id: fetch, {CALL}, arguments: {{id: "7"}}}}
  - id: normal
    from: steps.fetch.output
    map: "{{id: data.id, nombre: upper(data.name), activo: data.is_active}}"
"""
    world = FakeWorld(ok({"data": {"id": 7, "name": "fido", "is_active": True}}))
    done = await run(source, world)
    assert done.ended.output == '{"id":7,"nombre":"FIDO","activo":true}'


FOUR_STEPS = """
steps:
  - {id: one, map: "input"}
  - {id: two, CALL, arguments: {id: "2"}, on_failure: POLICY}
  - {id: three, map: "steps.two.output.id"}
  - {id: four, map: "steps.one.output"}
""".replace("CALL", CALL)


async def test_o04_after_a_failure_that_aborts_later_steps_are_not_started() -> None:
    done = await run(FOUR_STEPS.replace("POLICY", "abort"), FakeWorld(fails()))
    assert done.ended.state is RunState.FAILED
    assert done.state("two") is StepState.FAILED
    assert done.state("three") is done.state("four") is None


async def test_o04_after_one_that_continues_only_what_depends_on_it_is_skipped() -> None:
    done = await run(FOUR_STEPS.replace("POLICY", "continue"), FakeWorld(fails()), {"a": 1})
    assert done.ended.state is RunState.SUCCEEDED
    assert done.state("three") is StepState.SKIPPED
    assert done.step("three").reason == "needs the output of `two`, which failed"
    assert done.step("four").output == '{"a":1}'


async def test_h_7_of_five_fields_of_which_one_lacks_its_value_four_are_written() -> None:
    source = f"""
steps:
  - {{id: lost, {CALL}, arguments: {{id: "1"}}, on_failure: continue}}
  - id: write
    {CALL}
    arguments:
      {{a: "{{{{ input.a }}}}", b: 2, c: "x {{{{ input.a }}}}", d: [1],
        e: "{{{{ steps.lost.output.id }}}}"}}
  - id: mapped
    map: {{a: input.a, b: input.a, c: input.a, d: input.a, e: steps.lost.output.id}}
"""
    world = FakeWorld(fails())
    done = await run(source, world, {"a": 1})
    assert world.calls[1].arguments == {"a": 1, "b": 2, "c": "x 1", "d": [1]}
    assert done.step("write").skipped_fields == ("e",)
    assert done.step("mapped").output == '{"a":1,"b":1,"c":1,"d":1}'
    assert done.step("mapped").skipped_fields == ("e",)


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ("success: [200, 204]", 404, "Not Found"),
        ("success: '200,204', messages: {404: No such pet}", 404, "No such pet"),
        ("success: [200], messages: {404: No such pet, default: It failed}", 500, "It failed"),
        ("messages: {500: Broken}", 500, "Broken"),
        ("timeout: 5s", 500, "it said no"),
    ],
)
async def test_h_5_a_status_that_is_no_success_has_the_configured_message_or_the_phrase(
    more: str, status: int, message: str
) -> None:
    """H-9: it stands in the run, with its code."""
    world = FakeWorld(fails(status))
    done = await run(f"steps: [{{id: a, {CALL}, arguments: {{}}, {more}}}]", world)
    error = done.step("a").error
    assert error is not None
    assert (error.message, error.status, done.step("a").status) == (message, status, status)
    assert done.ended.error == error


async def test_h_5_a_status_outside_the_list_fails_though_the_backend_calls_it_success() -> None:
    done = await run(f"steps: [{{id: a, {CALL}, success: [200]}}]", FakeWorld(ok({}, 202)))
    assert done.ended.error is not None
    assert (done.ended.error.reason, done.ended.error.status) == ("STATUS_REFUSED", 202)


async def test_h_5_a_listed_status_is_success_whatever_it_is() -> None:
    done = await run(f"steps: [{{id: a, {CALL}, success: [404]}}]", FakeWorld(fails(404)))
    assert done.ended.state is RunState.SUCCEEDED


async def test_i_6_a_step_is_tried_again_with_full_jitter_up_to_its_cap() -> None:
    retry = "retry: {attempts: 5, base: 1s, cap: 3s}"
    world = FakeWorld(*[fails(503, again=True)] * 4)
    done = await run(f"steps: [{{id: a, {CALL}, {retry}}}]", world)
    assert done.ended.state is RunState.SUCCEEDED
    assert done.step("a").attempts == 5
    assert [round(each) for each in done.journal.rests] == [1, 2, 3, 3]
    assert len({each.key for each in world.calls}) == 5


async def test_i_6_what_could_do_harm_is_not_tried_again() -> None:
    world = FakeWorld(fails(503, again=False))
    done = await run(f"steps: [{{id: a, {CALL}, retry: {{attempts: 5}}}}]", world)
    assert (len(world.calls), done.ended.state) == (1, RunState.FAILED)


async def test_i_6_a_backends_retry_after_wins() -> None:
    world = FakeWorld(fails(429, again=True, after=7.0))
    done = await run(f"steps: [{{id: a, {CALL}, retry: {{attempts: 2}}}}]", world)
    assert [round(each) for each in done.journal.rests] == [7]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("{status: [200]}", "201"),
        ("{required: gone}", "missing"),
        ("{type: id, is: string}", "no string"),
        ("{range: id, least: 8}", "less than 8"),
        ("{range: id, most: 6}", "more than 6"),
        ("{that: 'steps.a.output.id > 9', message: too small}", "too small"),
    ],
)
async def test_i_4_the_first_rule_that_fails_is_named_and_nothing_is_put_out(
    rule: str, problem: str
) -> None:
    source = f"""
steps:
  - {{id: a, {CALL}}}
  - {{id: check, from: steps.a.output, validate: [{{required: id}}, {rule}]}}
output:
  - {{id: kept, save: k, value: steps.a.output}}
"""
    world = FakeWorld(ok({"id": 7}, 201))
    done = await run(source, world)
    assert done.ended.error is not None
    assert done.ended.error.reason == "VALIDATION_FAILED"
    assert problem in done.ended.error.message
    assert not world.saved


async def test_i_10_a_notification_that_fails_does_not_lose_what_was_saved() -> None:
    source = """
steps: [{id: a, map: "input"}]
output:
  - {id: told, notify: {mail: nobody@example.com, subject: s, content: c}}
  - {id: kept, save: "{{ input.id }}", value: steps.a.output}
"""
    world = FakeWorld()
    done = await run(source, world, {"id": "k"})
    assert world.saved == {"k": '{"id":"k"}'}
    assert done.state("told") is StepState.FAILED
    assert done.ended.state is RunState.FAILED
    assert done.ended.output == '{"id":"k"}'


async def test_o07_a_fan_out_over_10_000_items_does_16_at_a_time_and_loses_none() -> None:
    source = f"""
bounds: {{steps: 10010}}
steps:
  - id: every
    for_each: input
    do: {{{CALL}, arguments: {{id: "{{{{ item }}}}", at: "{{{{ index }}}}"}}}}
result: length(steps.every.output)
"""
    world = FakeWorld()
    done = await run(source, world, list(range(10_000)))
    assert (done.ended.error, done.ended.output) == (None, "10000")
    assert world.most == 16
    assert len(done.journal.names) == 51
    assert (done.step("every").items, done.step("every").failed_items) == (10_000, 0)


async def test_a_fan_out_that_goes_on_has_nothing_where_an_item_failed() -> None:
    source = f"""
steps:
  - id: every
    for_each: input
    on_failure: continue
    concurrency: 1
    do: {{{CALL}, arguments: {{id: "{{{{ item }}}}"}}}}
"""
    done = await run(source, FakeWorld(ok(1), fails(), ok(3)), [1, 2, 3])
    assert done.ended.output == "[1,null,3]"
    assert done.step("every").failed_items == 1


@pytest.mark.parametrize(
    ("bounds", "field"),
    [("{steps: 2}", "bounds.steps"), ("{bytes: 1KiB}", "bounds.bytes")],
)
async def test_a_run_that_exceeds_its_bounds_ends(bounds: str, field: str) -> None:
    source = f"""
bounds: {bounds}
steps:
  - {{id: a, map: "input"}}
  - {{id: b, map: "input"}}
  - {{id: c, map: "input"}}
"""
    done = await run(source, FakeWorld(), "x" * 600)
    assert done.ended.error is not None
    assert done.ended.error.reason == "RUN_EXHAUSTED"
    assert field in done.ended.error.message


async def test_the_first_branch_that_fits_is_gone_and_no_other() -> None:
    source = """
steps:
  - id: way
    choose:
      - {when: "input.n > 1", steps: [{id: many, map: "'many'"}]}
      - {steps: [{id: few, map: "'few'"}]}
"""
    assert (await run(source, FakeWorld(), {"n": 2})).ended.output == '"many"'
    done = await run(source, FakeWorld(), {"n": 1})
    assert (done.ended.output, done.state("many")) == ('"few"', None)


async def test_a_step_whose_condition_is_false_is_skipped() -> None:
    source = "steps: [{id: a, map: input, when: 'input.n > 1'}]"
    done = await run(source, FakeWorld(), {"n": 1})
    assert (done.state("a"), done.step("a").reason) == (StepState.SKIPPED, "its condition is false")


async def test_another_flow_is_run_and_its_output_is_the_steps() -> None:
    world = FakeWorld()
    source = "steps: [{id: other, flow: flows/other, input: {a: '{{ input.a }}'}}]"
    done = await run(source, world, {"a": 5})
    assert world.started[0].input == {"a": 5}
    assert done.ended.output == '{"n":1}'
    assert done.step("other").child.startswith("flows/other/runs/")


async def test_a_wait_rests_until_a_time_and_takes_none_of_the_runs_own() -> None:
    done = await run("bounds: {seconds: 60}\nsteps: [{id: w, wait: 1h}]", FakeWorld())
    assert done.ended.state is RunState.SUCCEEDED
    assert [round(each) for each in done.journal.rests] == [3600]


async def test_a_run_that_is_gone_over_again_asks_for_the_same_things_in_the_same_order() -> None:
    source = FOUR_STEPS.replace("POLICY", "continue")
    first, second = FakeWorld(), FakeWorld()
    names = [(await run(source, each, {"a": 1})).journal.names for each in (first, second)]
    assert names[0] == names[1] == ["one", "two try 1", "three", "four"]
    assert [each.key for each in first.calls] == [each.key for each in second.calls]


async def test_a_fault_of_the_world_is_told_as_the_table_of_errors_has_it() -> None:
    error = error_of(BackendTimeout("too late", effect=Effect.UNKNOWN))
    done = await run(f"steps: [{{id: a, {CALL}}}]", FakeWorld(Answered(error=error)))
    assert done.ended.error is not None
    assert (done.ended.error.reason, done.ended.error.outcome) == ("BACKEND_TIMEOUT", "UNKNOWN")


async def test_o10_what_takes_long_to_evaluate_is_done_by_a_thread_and_the_rest_here() -> None:
    path = Expression("[?id > `1`].id | sort(@)", Place(1, 1))
    few, many = [{"id": 2}], [{"id": number} for number in range(20_000)]
    evaluator = Evaluator()
    for value, is_done_here in ((few, True), (many, False)):
        found = asyncio.create_task(evaluator.found(path, value))
        await asyncio.sleep(0)
        assert found.done() is is_done_here
        assert await found == [each["id"] for each in value if each["id"] > 1]


async def test_an_output_that_a_test_gives_counts_as_the_answer_of_a_call_of_status_200() -> None:
    source = f"""
steps:
  - {{id: fetch, {CALL}}}
  - {{id: check, from: steps.fetch.output, validate: [{{status: [200]}}, {{required: id}}]}}
  - {{id: seen, map: steps.fetch.status}}
"""
    definition, journal, world = read(source), Journal(), FakeWorld()
    scope = Scope.begin(definition, RUN, "v1", datetime.now(UTC), (None, {}))
    given = TriedOutputs({"fetch": {"id": 1}})
    done = await Interpreter(definition, scope, (journal, world), RUN.run, given).run()
    assert (done.state, done.output, world.calls) == (RunState.SUCCEEDED, "200", [])
    assert journal.steps["fetch"].status == 200


async def test_the_body_of_a_failed_call_is_no_output_of_its_step() -> None:
    source = f"""
steps:
  - {{id: fetch, {CALL}, on_failure: continue}}
  - {{id: name, map: steps.fetch.output.name}}
  - {{id: why, map: "[steps.fetch.status, steps.fetch.error.reason]"}}
"""
    answer = Answered(status=404, output={"name": "no such pet"}, error=fails(404).error)
    done = await run(source, FakeWorld(answer))
    assert done.state("name") is StepState.SKIPPED
    assert done.step("name").reason == "needs the output of `fetch`, which failed"
    assert done.step("why").output == '[404,"BACKEND_ERROR"]'
