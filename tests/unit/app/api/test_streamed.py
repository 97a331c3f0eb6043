"""How a stream goes out over HTTP."""

import pytest

from facade.app.api.streamed import wants_events


@pytest.mark.parametrize(
    ("accept", "events"),
    [
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("text/event-stream", True),
        ("text/event-stream, */*", True),
        ("text/event-stream, application/x-ndjson", False),
        ("text/event-stream;q=0.5, application/x-ndjson;q=0.9", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream;q=0, application/json", False),
    ],
)
def test_events_come_where_they_are_named_and_lines_are_not(accept: str, *, events: bool) -> None:
    assert wants_events(accept) is events
