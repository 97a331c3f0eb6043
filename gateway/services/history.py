"""HistoryService: executions, what they say together, alerts, and what can go wrong."""

from datetime import UTC, datetime

from google.protobuf.empty_pb2 import Empty

from facade.history.alerts import Alerts
from facade.history.history import History
from facade.listing.alerts import AlertList, ErrorKinds
from facade.listing.executions import ExecutionList
from facade.listing.pages import Tokens
from facade.model.execution import AlertName, parse_alert, parse_execution
from gateway.convert.execution import (
    alert_from,
    alert_to,
    execution_to,
    group_to,
    kind_to,
    query_from,
)
from gateway.interceptors.base import Rpc
from gateway.pages import asked_in, weight
from gateway.v1 import execution_pb2 as pb


class HistoryService:
    """The methods of gateway.v1.HistoryService."""

    def __init__(self, history: History, alerts: Alerts, tokens: Tokens) -> None:
        """Takes where executions and alerts are, and the tokens that lead from page to page."""
        self._history = history
        self._alerts = alerts
        self._executions = ExecutionList(history, tokens)
        self._alert_list = AlertList(alerts, tokens)
        self._kinds = ErrorKinds(tokens)

    async def list_executions(
        self, request: pb.ListExecutionsRequest, rpc: Rpc
    ) -> pb.ListExecutionsResponse:
        """Lists executions, page by page, the newest first."""
        tenant = rpc.identity.tenant
        asked = asked_in(request, tenant)
        found, token = await self._executions.page(tenant, asked, execution_to, weight)
        return pb.ListExecutionsResponse(executions=found, next_page_token=token)

    async def get_execution(self, request: pb.GetExecutionRequest, rpc: Rpc) -> pb.Execution:
        """Gets an execution."""
        id_ = parse_execution(request.name)
        return execution_to(await self._history.get(rpc.identity.tenant, id_))

    async def get_figures(self, request: pb.GetFiguresRequest, rpc: Rpc) -> pb.GetFiguresResponse:
        """Says what executions say together."""
        query = query_from(request, datetime.now(UTC))
        found = await self._history.figures(rpc.identity.tenant, query)
        return pb.GetFiguresResponse(groups=map(group_to, found))

    async def list_error_kinds(
        self, request: pb.ListErrorKindsRequest, rpc: Rpc
    ) -> pb.ListErrorKindsResponse:
        """Lists what can go wrong, page by page."""
        asked = asked_in(request, rpc.identity.tenant)
        found, token = await self._kinds.page(asked, kind_to, weight)
        return pb.ListErrorKindsResponse(error_kinds=found, next_page_token=token)

    async def create_alert(self, request: pb.CreateAlertRequest, rpc: Rpc) -> pb.Alert:
        """Creates an alert."""
        name = AlertName(request.alert_id, rpc.identity.tenant)
        made = await self._alerts.create(
            alert_from(request.alert, name, needs_metric=True),
            by=rpc.identity,
            validate_only=request.validate_only,
        )
        return alert_to(made)

    async def get_alert(self, request: pb.GetAlertRequest, rpc: Rpc) -> pb.Alert:
        """Gets an alert."""
        return alert_to(await self._alerts.get(_name(request.name, rpc)))

    async def list_alerts(self, request: pb.ListAlertsRequest, rpc: Rpc) -> pb.ListAlertsResponse:
        """Lists alerts, page by page."""
        tenant = rpc.identity.tenant
        asked = asked_in(request, tenant)
        found, token = await self._alert_list.page(tenant, asked, alert_to, weight)
        return pb.ListAlertsResponse(alerts=found, next_page_token=token)

    async def update_alert(self, request: pb.UpdateAlertRequest, rpc: Rpc) -> pb.Alert:
        """Changes an alert."""
        name = parse_alert(request.alert.name, "alert.name", rpc.identity.tenant)
        paths = tuple(request.update_mask.paths)
        changed = await self._alerts.update(
            name,
            alert_from(request.alert, name, needs_metric=bool({"metric", "*"} & set(paths))),
            paths,
            request.alert.etag,
            by=rpc.identity,
            validate_only=request.validate_only,
        )
        return alert_to(changed)

    async def delete_alert(self, request: pb.DeleteAlertRequest, rpc: Rpc) -> Empty:
        """Deletes an alert."""
        await self._alerts.delete(_name(request.name, rpc), request.etag, by=rpc.identity)
        return Empty()

    async def mute_alert(self, request: pb.MuteAlertRequest, rpc: Rpc) -> pb.Alert:
        """Has an alert neither fire nor clear."""
        return alert_to(await self._alerts.mute(_name(request.name, rpc), rpc.identity))

    async def unmute_alert(self, request: pb.UnmuteAlertRequest, rpc: Rpc) -> pb.Alert:
        """Has an alert look again."""
        return alert_to(await self._alerts.unmute(_name(request.name, rpc), rpc.identity))


def _name(text: str, rpc: Rpc) -> AlertName:
    return parse_alert(text, "name", rpc.identity.tenant)
