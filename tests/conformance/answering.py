"""A backend that answers every request as its document declares."""

import json
from collections.abc import Iterable
from random import Random

from facade.model.action import Action, Media
from facade.model.version import Serialization
from facade.transcode.match import Request, Router
from tests.conformance.sampling import Taste, sample
from tests.facades import Asked, read
from tests.fakes import HttpBackend, answer

TASTE = Taste(nulls=False)


class Answering(HttpBackend):
    """Answers as the first success that the document declares, in its first media type."""

    def __init__(self, actions: Iterable[Action]) -> None:
        super().__init__(lambda raw: self._answered(read(raw)))
        self._router = Router(actions, Serialization())
        self._random = Random(1)  # noqa: S311 - the same answers in every run

    def _answered(self, asked: Asked) -> bytes:
        request = Request(
            method=asked.method, target=asked.target, headers=asked.headers, body=asked.body
        )
        status, media = chosen(self._router.match(request).action)
        if media is None:
            return answer(status=status)
        value = sample(media.schema, self._random, TASTE)
        body = json.dumps(value) if "json" in media.type else str(value)
        return answer(body.encode(), status=status, headers=(("Content-Type", media.type),))


def chosen(action: Action) -> tuple[int, Media | None]:
    """A status that the document declares, a success if it can be, and what its body is made of."""
    listed = sorted(action.responses, key=lambda each: each.status[0] not in "2d")
    if not listed:
        return 204, None
    first = listed[0]
    status = int(first.status) if first.status.isdecimal() else 200
    return status, first.media[0] if first.media else None
