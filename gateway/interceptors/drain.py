"""The RPCs under way, and how they end when the server does."""

from facade.app.drain import UnderWay
from facade.errors.fault import Details
from facade.errors.service import Overloaded
from gateway.interceptors.base import Interceptor, Rpc


class Drain(UnderWay, Interceptor):
    """The ring around what is under way."""

    def __init__(self) -> None:
        """Begins open."""
        super().__init__()
        self._closed = False

    def begin(self, _rpc: Rpc) -> None:
        """Lets it begin; raises Overloaded once it is closed."""
        if self._closed:
            raise Overloaded("The server ends; others go on.", details=Details(retry_after=0.0))

    def start(self, rpc: Rpc) -> None:
        """Notes the task, which may have to be ended."""
        rpc.task = self.enter()

    def end(self, rpc: Rpc, error: BaseException | None) -> BaseException | None:
        """Gives Overloaded where it has ended it."""
        return error if rpc.task is None else self.leave(rpc.task, error)

    def close(self) -> None:
        """Refuses every new call from now on: none of them is executed."""
        self._closed = True
