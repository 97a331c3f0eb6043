import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facade.app.attended import client_of
from facade.app.observed import Observed
from facade.errors.fault import Details
from facade.errors.service import Overloaded
from facade.telemetry.recording import Recording
from facade.telemetry.spans import Recorded, Tracing, current

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Sink:
    def __init__(self) -> None:
        self.spans: list[Recorded] = []

    def add(self, span: Recorded) -> None:
        self.spans.append(span)


class Asked:
    """What came of one request to an application."""

    def __init__(self, app: ASGIApp, ticks: Iterable[float] = ()) -> None:
        self.sink = Sink()
        self.recording = Recording()
        clock = iter(ticks)
        self.app = Observed(app, Tracing(self.sink), self.recording, lambda: next(clock, 2.0))
        self.sent: list[Message] = []

    def ask(self, path: str, method: str = "GET", *, gone: bool = False, **scope: Any) -> "Asked":
        asyncio.run(self._ask({**request(path, method), **scope}, gone=gone))
        return self

    async def _ask(self, scope: Scope, *, gone: bool) -> None:
        messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            if messages:
                return messages.pop()
            if not gone:
                await asyncio.sleep(10)
            client_of(scope).leave()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            self.sent.append(message)

        await self.app(scope, receive, send)

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def metrics(self) -> str:
        return self.recording.expose("")[1].decode()

    def counted(self, **labels: str) -> bool:
        said = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
        return f"http_server_request_duration_seconds_count{{{said}}} 1.0" in self.metrics


def request(path: str, method: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"token=secret",
        "root_path": "",
        "headers": [(b"host", b"evil"), (b"traceparent", PARENT.encode())],
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.9", 5555),
        "state": {},
    }


def labels(route: str, status: int, error: str = "", method: str = "GET") -> dict[str, str]:
    return {
        "error_type": error,
        "http_request_method": method,
        "http_response_status_code": str(status),
        "http_route": route,
    }


def routed(path: str, answer: Callable[..., Any]) -> ASGIApp:
    return Router([Route(path, answer, methods=["GET"])])


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.url.path} {current().trace_id}")


def test_a_request_has_a_span_in_the_callers_trace_named_by_its_route() -> None:
    asked = Asked(routed("/v1/pets/{pet}", hello)).ask("/v1/pets/7")

    (span,) = asked.sink.spans
    assert span.name == "GET /v1/pets/{pet}"
    assert (span.trace_id, span.parent_id) == tuple(PARENT.split("-")[1:3])
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/pets/{pet}",
        "url.path": "/v1/pets/{pet}",
        "url.scheme": "http",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "client.address": "127.0.0.9",
    }
    assert asked.headers["x-trace-id"] == span.trace_id
    assert asked.sent[1]["body"].decode() == f"/v1/pets/7 {span.trace_id}"


def test_a_request_is_timed_by_its_route_and_never_by_its_path() -> None:
    asked = Asked(routed("/v1/pets/{pet}", hello), [1.0, 1.1]).ask("/v1/pets/7")

    assert asked.counted(**labels("/v1/pets/{pet}", 200))
    assert "pets/7" not in asked.metrics


def test_l12_a_path_that_no_route_fits_and_a_method_of_the_callers_are_no_labels() -> None:
    asked = Asked(routed("/v1/pets/{pet}", hello)).ask("/nowhere", "BREW")

    assert asked.counted(**labels("", 404, method="_OTHER"))
    assert asked.sink.spans[0].name == "HTTP"


def test_a_route_may_say_a_better_template() -> None:
    async def answer(request: Request) -> PlainTextResponse:
        request.state.route = "/connectors/pets/versions/v1/pets/{petId}"
        return PlainTextResponse("")

    asked = Asked(routed("/connectors/{rest:path}", answer)).ask("/connectors/pets/x")

    assert asked.counted(**labels("/connectors/pets/versions/v1/pets/{petId}", 200))


def test_an_own_answer_says_where_the_time_went_and_a_mirrors_has_only_its_marks() -> None:
    async def answer(_: Request) -> PlainTextResponse:
        return PlainTextResponse("", headers={"server-timing": "backend;dur=250.0"})

    app = routed("/{rest:path}", answer)

    own = Asked(app, [1.0, 1.5]).ask("/v1/x").headers
    assert own["server-timing"] == "facade;dur=500.0, backend;dur=250.0"
    mirrored = Asked(app).ask("/connectors/x").headers
    assert mirrored["server-timing"] == "backend;dur=250.0"
    assert "x-trace-id" not in mirrored
    assert Asked(app).ask("/docs").headers["server-timing"] == "backend;dur=250.0"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_leave_no_trace(path: str) -> None:
    async def answer(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    asked = Asked(routed(path, answer)).ask(path)
    assert asked.sent[0]["status"] == 200
    assert asked.sink.spans == []


def test_a_fault_that_is_answered_is_the_reason_and_an_error_from_500_on() -> None:
    async def answer(request: Request) -> PlainTextResponse:
        request.state.fault = Overloaded("x", details=Details(timings={"backend": 0.1}))
        return PlainTextResponse("", int(request.query_params["status"]))

    app = routed("/v1/x", answer)
    failed = Asked(app).ask("/v1/x", query_string=b"status=503")
    refused = Asked(app).ask("/v1/x", query_string=b"status=429")

    assert failed.counted(**labels("/v1/x", 503, Overloaded.reason))
    assert refused.counted(**labels("/v1/x", 429))
    assert [each.error for each in (*failed.sink.spans, *refused.sink.spans)] == [True, False]
    assert refused.sink.spans[0].error_type == Overloaded.reason
    assert "backend;dur=100.0" in failed.headers["server-timing"]


def test_a_stream_is_timed_to_its_end() -> None:
    async def chunks() -> Any:
        yield b"a"
        yield b"b"

    async def answer(_: Request) -> StreamingResponse:
        return StreamingResponse(chunks())

    asked = Asked(routed("/x", answer), [1.0, 7.0]).ask("/x")

    (seconds,) = (
        float(line.split()[-1])
        for line in asked.metrics.splitlines()
        if "request_duration_seconds_sum" in line
    )
    assert seconds == 6.0


def test_a_caller_who_leaves_before_the_end_counts_as_499() -> None:
    async def chunks() -> Any:
        while True:
            await asyncio.sleep(0.001)
            yield b"a"

    async def answer(_: Request) -> StreamingResponse:
        return StreamingResponse(chunks())

    asked = Asked(routed("/x", answer)).ask("/x", gone=True)

    assert asked.counted(**labels("/x", 499, "CANCELLED"))
    assert not asked.sink.spans[0].error


def test_an_answer_that_breaks_off_is_an_error_of_its_own_reason() -> None:
    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        scope["state"]["fault"] = Overloaded("x")

    assert Asked(app).ask("/x").counted(**labels("", 200, Overloaded.reason))


def test_each_request_has_a_line_with_its_template_and_nothing_of_its_query(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "portico.access")
    asked = Asked(routed("/v1/pets/{pet}", hello), [1.0, 1.1, 1.25]).ask("/v1/pets/7")

    (record,) = caplog.records
    assert record.__dict__["http"] == {
        "method": "GET",
        "route": "/v1/pets/{pet}",
        "status": 200,
        "reason": "",
        "ms": 250.0,
        "peer": "127.0.0.9:5555",
        "trace_id": asked.sink.spans[0].trace_id,
    }
    assert record.getMessage() == "GET /v1/pets/{pet} 200 250.000 ms 127.0.0.9:5555"


def test_a_lifespan_is_no_request() -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    assert Asked(app).ask("/", type="lifespan").sink.spans == []
    assert seen == ["lifespan"]
