"""What calls leave, as rows: ids in the order of time, and what counts for what."""

from datetime import UTC, datetime
from uuid import UUID

from facade.history.noting import Noted
from facade.history.rows import error_of, key_of, of_call, of_execution
from facade.history.tally import Key
from facade.model.execution import Execution, ExecutionKind
from facade.model.time_ids import least_id, new_id
from facade.telemetry.meters import Called

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CALLED = Called("shop", "v1", "getPet", "UNAVAILABLE", "backend", "BACKEND_TIMEOUT")


def noted(**given: object) -> Noted:
    values = {"called": CALLED, "time": NOON.timestamp() + 2, "seconds": 2.0, **given}
    return Noted(**values)  # type: ignore[arg-type]  # fields of a Noted


def test_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    first, later = new_id(NOON.timestamp()), new_id(NOON.timestamp() + 0.001)
    assert UUID(first).version == 7
    assert UUID(first).variant == "specified in RFC 4122"
    assert least_id(NOON) <= first < later
    assert new_id(NOON.timestamp() - 0.001) < least_id(NOON)


def test_a_call_is_of_the_time_at_which_it_began() -> None:
    row = of_call(noted(tenant="t", caller="key:ci", message="took too long"))
    assert row["time"] == NOON.timestamp() * 1e6
    assert row["id"] >= least_id(NOON)
    assert (row["ok"], row["code"], row["reason"]) == (False, 14, "BACKEND_TIMEOUT")
    assert key_of(row) == Key("t", "shop", "v1", "getPet", "")
    assert error_of(row) == "BACKEND_TIMEOUT: took too long"


def test_a_call_that_its_caller_gave_up_has_not_failed() -> None:
    row = of_call(noted(called=Called("shop", "v1", "getPet", "CANCELLED")))
    assert (row["ok"], error_of(row)) == (True, "")


def test_a_call_of_a_flow_names_it_and_its_run() -> None:
    plain = of_call(noted(caller="flows/orders"))
    run = of_call(noted(caller="flows/orders/runs/7"))
    assert (plain["flow"], plain["run"]) == ("orders", "")
    assert (run["flow"], run["run"]) == ("orders", "flows/orders/runs/7")
    assert key_of(run).flow == ""


def test_a_run_counts_for_its_flow_alone() -> None:
    execution = Execution(
        id=new_id(NOON.timestamp()),
        kind=ExecutionKind.RUN,
        flow="orders",
        run="flows/orders/runs/7",
        time=NOON,
        seconds=1.0,
        ok=False,
        code=9,
    )
    row = of_execution(execution)
    assert key_of(row) == Key("", "", "", "", "orders")
    assert error_of(row) == "FAILED_PRECONDITION"


def test_what_is_long_is_cut() -> None:
    row = of_call(noted(message="m" * 5000, caller="c" * 5000))
    assert (len(row["message"]), len(row["caller"])) == (1024, 255)


def test_what_a_database_cannot_write_holds_nothing_up() -> None:
    """PostgreSQL takes no null character in a text, and no encoding half a surrogate pair."""
    row = of_call(noted(message="`a\0b` is missing", caller="\ud800", response_body="ä\0"))
    assert row["message"] == "`a\ufffdb` is missing"
    assert (row["caller"], row["response_body"]) == ("?", "ä\ufffd")
