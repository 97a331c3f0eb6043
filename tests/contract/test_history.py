"""History, figures and alerts on both faces: I-5, I-7, I-8, I-9, H-9."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from facade.errors.kinds import KINDS
from gateway.v1 import execution_pb2 as pb
from gateway.v1.execution_pb2_grpc import HistoryServiceStub
from gateway.v1.gateway_pb2 import ExecuteActionRequest, FailureMode
from tests.doors import PLAIN, refusal
from tests.faces import Faces, both_faces
from tests.fakes import HttpBackend

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEC = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things": {
            "get": {
                "operationId": "listThings",
                "responses": {"200": {"description": "Things"}},
            },
            "post": {
                "operationId": "addThing",
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"200": {"description": "Thing"}},
            },
        }
    },
}
BY_ACTION = pb.GetFiguresRequest.GROUPING_ACTION

ACTION = "connectors/things/versions/live/actions/listThings"

FINE = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n[{"id": 77}]'
)
GONE = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def faces(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faces]:
    folder = tmp_path_factory.mktemp("history")
    answers = iter((FINE, FINE, FINE, GONE))
    async with (
        HttpBackend(lambda _request: next(answers)) as backend,
        both_faces(folder, history_bodies=True, smtp="smtp://127.0.0.1:9") as opened,
    ):
        await opened.door.publish("things", SPEC, backend.origin, policy=PLAIN)
        for _ in range(4):
            await called(opened, ACTION)
        await called(opened, "connectors/things/versions/v1/actions/addThing", {"bad": 1})
        yield opened


async def called(faces: Faces, name: str, arguments: Any = None) -> None:
    request = ExecuteActionRequest(
        name=name,
        parameters_json=json.dumps(arguments or {}),
        failure_mode=FailureMode.FAILURE_MODE_CONTINUE,
    )
    await faces.door.gateway.ExecuteAction(request)


def stub(faces: Faces) -> Any:
    return HistoryServiceStub(faces.door.channel)


async def same(faces: Faces, path: str, answer: Any) -> dict[str, Any]:
    """The answer as JSON, which the HTTP face tells alike."""
    http = await faces.http.get(path)
    told: dict[str, Any] = MessageToDict(answer)
    assert http.status_code == 200
    assert http.json()["data"] == told
    return told


async def test_calls_are_listed_the_newest_first_on_both_faces(faces: Faces) -> None:
    listed = await stub(faces).ListExecutions(
        pb.ListExecutionsRequest(filter="action = listThings")
    )
    assert [each.ok for each in listed.executions] == [False, True, True, True]
    first = listed.executions[0]
    assert (first.connector, first.version, first.action) == ("things", "v1", "listThings")
    assert (first.caller, first.status_code, first.attempts) == ("", 404, 1)
    assert len(first.trace_id) == 32
    http = await faces.http.get("/v1/executions", params={"filter": "action = listThings"})
    assert http.json()["data"]["executions"] == MessageToDict(listed)["executions"]


async def test_h9_errors_appear_in_history_with_their_code_and_what_was_said(faces: Faces) -> None:
    found = await stub(faces).ListExecutions(pb.ListExecutionsRequest(filter="ok = false"))
    by_reason = {each.reason: each for each in found.executions}
    gone = by_reason["BACKEND_NOT_FOUND"]
    assert (gone.code, gone.status_code) == (5, 404)
    assert gone.message
    assert gone.remedy == KINDS["BACKEND_NOT_FOUND"].remedy
    assert by_reason["INVALID_PARAMETERS"].attempts == 0
    got = await stub(faces).GetExecution(pb.GetExecutionRequest(name=gone.name))
    told = await same(faces, f"/v1/{gone.name}", got)
    assert told["responseBody"] == "{}"


async def test_pages_of_history_follow_each_other_without_a_gap(faces: Faces) -> None:
    seen, token = [], ""
    while True:
        page = await stub(faces).ListExecutions(
            pb.ListExecutionsRequest(page_size=2, page_token=token)
        )
        seen += [each.name for each in page.executions]
        token = page.next_page_token
        if not token:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 5


async def test_an_execution_that_there_is_not_is_not_found(faces: Faces) -> None:
    told = await refusal(stub(faces).GetExecution(pb.GetExecutionRequest(name="executions/x")))
    assert told.info.reason == "EXECUTION_NOT_FOUND"


async def test_i7_figures_say_calls_failures_mean_and_the_last_error(faces: Faces) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    moment = Timestamp()
    moment.FromDatetime(end)
    answer = await stub(faces).GetFigures(
        pb.GetFiguresRequest(group_by=BY_ACTION, action="listThings", end_time=moment)
    )
    (group,) = answer.groups
    assert (group.connector, group.version, group.action) == ("things", "v1", "listThings")
    assert (group.total.calls, group.total.failed, group.total.error_rate) == (4, 1, 0.25)
    assert group.total.mean_duration.nanos > 0
    assert group.total.p95_duration.nanos >= group.total.mean_duration.nanos
    assert group.total.last_error.startswith("BACKEND_NOT_FOUND")
    assert group.calls_per_day > 3
    asked = f"groupBy=GROUPING_ACTION&action=listThings&endTime={end:%Y-%m-%dT%H:%M:%SZ}"
    await same(faces, f"/v1/figures?{asked}", answer)


async def test_i7_no_calls_have_an_error_rate_of_zero_and_no_mean(faces: Faces) -> None:
    answer = await stub(faces).GetFigures(pb.GetFiguresRequest(connector="other"))
    (group,) = answer.groups
    assert (group.total.calls, group.total.error_rate) == (0, 0.0)
    assert not group.total.HasField("mean_duration")
    assert not group.total.HasField("p95_duration")


async def test_a_series_has_a_point_for_each_hour(faces: Faces) -> None:
    answer = await stub(faces).GetFigures(
        pb.GetFiguresRequest(interval=pb.GetFiguresRequest.INTERVAL_HOUR)
    )
    (group,) = answer.groups
    assert 24 <= len(group.series) <= 25
    assert sum(each.calls for each in group.series) == group.total.calls == 5
    starts = [each.start_time.seconds for each in group.series]
    assert {later - earlier for earlier, later in pairwise(starts)} == {3600}


async def test_i5_every_reason_has_cause_and_remedy_from_the_one_table(faces: Faces) -> None:
    answer = await stub(faces).ListErrorKinds(pb.ListErrorKindsRequest(page_size=1000))
    told = {each.name.removeprefix("errorKinds/"): each for each in answer.error_kinds}
    assert told.keys() == KINDS.keys()
    assert all(each.cause and each.remedy and each.code for each in told.values())
    assert told["BACKEND_TIMEOUT"].remedy == KINDS["BACKEND_TIMEOUT"].remedy
    http = await faces.http.get("/v1/errorKinds", params={"pageSize": 1000})
    assert http.json()["data"]["errorKinds"] == MessageToDict(answer)["errorKinds"]


@pytest.mark.parametrize(
    "reason",
    [
        "BACKEND_AUTH_FAILED",
        "BACKEND_NOT_FOUND",
        "BACKEND_RATE_LIMITED",
        "BACKEND_ERROR",
        "BACKEND_TIMEOUT",
    ],
)
async def test_i5_the_errors_that_backends_answer_are_explained(faces: Faces, reason: str) -> None:
    answer = await stub(faces).ListErrorKinds(pb.ListErrorKindsRequest(filter=f"reason = {reason}"))
    assert [each.name for each in answer.error_kinds] == [f"errorKinds/{reason}"]


async def test_an_alert_is_made_changed_muted_and_deleted_on_both_faces(faces: Faces) -> None:
    history = stub(faces)
    given = pb.Alert(metric=pb.Alert.METRIC_ERROR_RATE, above=0.5, mail=["ops@shop.example"])
    made = await history.CreateAlert(pb.CreateAlertRequest(alert_id="fails", alert=given))
    assert (made.state, made.window.seconds, made.least_calls) == (pb.Alert.STATE_OK, 300, 1)
    await same(faces, "/v1/alerts/fails", made)
    changed = await faces.http.patch(
        "/v1/alerts/fails",
        params={"updateMask": "above,below"},
        json={"below": 0.25, "etag": made.etag},
    )
    assert changed.json()["data"]["below"] == 0.25
    assert "above" not in changed.json()["data"]
    stale = await faces.http.patch(
        "/v1/alerts/fails", params={"updateMask": "title"}, json={"title": "t", "etag": made.etag}
    )
    assert stale.json()["error"]["status"] == "ABORTED"
    muted = await history.MuteAlert(pb.MuteAlertRequest(name="alerts/fails"))
    assert muted.state == pb.Alert.STATE_MUTED
    back = await faces.http.post("/v1/alerts/fails:unmute", json={})
    assert back.json()["data"]["state"] == "STATE_OK"
    again = history.CreateAlert(pb.CreateAlertRequest(alert_id="fails", alert=given))
    twice = await refusal(again)
    assert twice.info.reason == "ALERT_EXISTS"
    listed = await history.ListAlerts(pb.ListAlertsRequest(filter="mail:ops@shop.example"))
    assert [each.name for each in listed.alerts] == ["alerts/fails"]
    await history.DeleteAlert(pb.DeleteAlertRequest(name="alerts/fails"))
    gone = await refusal(history.GetAlert(pb.GetAlertRequest(name="alerts/fails")))
    assert gone.info.reason == "ALERT_NOT_FOUND"


async def test_mail_is_refused_by_field_where_none_goes_out(tmp_path: Path) -> None:
    async with both_faces(tmp_path) as faces:
        history = stub(faces)
        given = pb.Alert(metric=pb.Alert.METRIC_CALLS, below=1, mail=["ops@shop.example"])
        made = await refusal(history.CreateAlert(pb.CreateAlertRequest(alert_id="a", alert=given)))
        told = {"metric": "METRIC_CALLS", "below": 1, "mail": ["ops@shop.example"]}
        posted = await faces.http.post("/v1/alerts?alertId=a", json=told)
        assert posted.json()["error"]["status"] == made.code == "INVALID_ARGUMENT"
        kept = pb.Alert(metric=pb.Alert.METRIC_CALLS, below=1)
        await history.CreateAlert(pb.CreateAlertRequest(alert_id="a", alert=kept))
        patched = await faces.http.patch("/v1/alerts/a?updateMask=mail", json=told)
        assert (posted.status_code, patched.status_code) == (400, 400)
        for each in (posted, patched):
            assert "alert.mail: no mail goes out of here: set `smtp`" in each.text
        assert made.message in posted.text


async def test_an_alert_of_no_metric_is_refused_by_field(faces: Faces) -> None:
    request = pb.CreateAlertRequest(alert_id="none", alert=pb.Alert(above=1.0))
    told = await refusal(stub(faces).CreateAlert(request))
    assert [each.field for each in told.bad.field_violations] == ["alert.metric"]
    http = await faces.http.post("/v1/alerts", params={"alertId": "none"}, json={"above": 1.0})
    assert "alert.metric" in http.text


async def test_a_gateway_without_history_keeps_none(tmp_path: Path) -> None:
    async with (
        HttpBackend(FINE) as backend,
        both_faces(tmp_path, history_days=0) as opened,
    ):
        await opened.door.publish("things", SPEC, backend.origin, policy=PLAIN)
        await called(opened, ACTION)
        assert not (await stub(opened).ListExecutions(pb.ListExecutionsRequest())).executions
        assert opened.parts.history.waiting == 0
