"""TrialService: the test bench, where actions are tried before anything of it is saved."""

from facade.access.hints import narrow
from facade.trials.trials import Trials
from gateway.convert.trial import asking_from, trial_to, tried_to, trying_from
from gateway.interceptors.base import Rpc
from gateway.v1 import trial_pb2 as pb


class TrialService:
    """The methods of gateway.v1.TrialService."""

    def __init__(self, trials: Trials) -> None:
        """Takes what tries actions."""
        self._trials = trials

    async def get_trial(self, request: pb.GetTrialRequest, rpc: Rpc) -> pb.Trial:
        """Says what is asked for before an action can be tried."""
        trying = asking_from(request, rpc.identity.tenant)
        return trial_to(await self._trials.last(trying, rpc.identity))

    async def test_action(self, request: pb.TestActionRequest, rpc: Rpc) -> pb.TestActionResponse:
        """Calls an action once, and shows the answer."""
        trying = trying_from(request, rpc.identity.tenant)
        tried = await self._trials.run(
            trying, rpc.identity, rpc.context.time_remaining(), rpc.sent()
        )
        if tried.fault is not None:
            narrow(tried.fault, rpc.identity)
        return tried_to(tried)
