"""Journey: how far one call has come, for its exchange and for its fault."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from facade.errors.fault import Fault
from facade.model.action import Action
from facade.model.call import Attempt, CacheStatus, Call, Exchange, Plan, Reply
from facade.model.names import ActionName
from facade.model.version import Version
from facade.transcode.preview import exchange_of


@dataclass(slots=True)
class Journey:
    """How far a call has come: what its exchange and its fault can tell of it."""

    call: Call
    served: tuple[Version, Action] | None = None
    plan: Plan | None = None
    began: float = 0.0
    """When the plan was made, by the engine's clock."""
    ends: float = 0.0
    """When its time is up."""
    url: str = ""
    """Which was called, without what signed the call."""
    secrets: tuple[str, ...] = ()
    reply: Reply | None = None
    """The last one of the backend's, or the one that the cache gave in the end."""
    fault: Fault | None = None
    """What the backend's last reply stands for, where that is a failure which may be remembered."""
    attempts: tuple[Attempt, ...] = ()
    cache: CacheStatus = CacheStatus.BYPASS
    age: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """What a face says before the answer, of limits."""

    def anew(self, ends: float) -> Self:
        """The journey of the same call, made again for its answer alone."""
        return replace(self, ends=ends, reply=None, fault=None, attempts=())

    def exchange(self) -> Exchange:
        """What went over the wire so far, secrets blanked; in full only for who asked for it."""
        if self.plan is not None and self.call.full_view:
            return self.whole(self.plan)
        reply = Reply(status=self.reply.status, headers=(), body=b"") if self.reply else None
        return Exchange(
            method="",
            uri="",
            request_headers=(),
            reply=reply,
            trace_id=self.call.trace_id,
            cache=self.cache,
            age=self.age,
        )

    def whole(self, plan: Plan) -> Exchange:
        """The same of a plan, in full whoever asks."""
        exchange = exchange_of(
            plan,
            self.secrets,
            reply=self.reply,
            attempts=self.attempts,
            trace_id=self.call.trace_id,
        )
        return replace(exchange, cache=self.cache, age=self.age)

    def facts(self) -> dict[str, str]:
        """What ErrorInfo.metadata says of the call: canonical names once they are known."""
        name = self.call.name
        if self.served is not None:
            version, action = self.served
            name = ActionName(version.name.connector, version.name.version, action.id)
        return {
            "connector": name.connector,
            "version": name.version,
            "action": name.action,
            "attempts": str(len(self.attempts)),
            "traceId": self.call.trace_id,
        }
