"""The methods of ConnectionService: what is routed, and what its document tells of."""

from typing import Final

from facade.app.api import connection_requests as requests
from facade.app.api import connections
from facade.app.api.form.connection import (
    CHECKED,
    CONNECTION,
    HTTP_RESPONSE,
    LIST_CONNECTIONS_RESPONSE,
)
from facade.app.api.requests import LIST, NOTHING
from facade.app.api.route import Route
from facade.app.api.template import Template

SERVICE: Final = "ConnectionService"

CONNECTIONS: Final = Template.of("/v1/connections")
A_CONNECTION: Final = Template.of("/v1/{name=connections/*}")


def _verb(name: str) -> Template:
    return Template.of(f"{A_CONNECTION.text}:{name}")


ROUTES: Final = (
    Route(
        rpc="CreateConnection",
        service=SERVICE,
        about="Creates a connection.",
        verb="POST",
        path=CONNECTIONS,
        request=requests.CREATE,
        body="connection",
        answer=CONNECTION,
        handler=connections.create_connection,
    ),
    Route(
        rpc="GetConnection",
        service=SERVICE,
        about="Gets a connection, and whether it still fits its version.",
        verb="GET",
        path=A_CONNECTION,
        request=NOTHING,
        answer=CONNECTION,
        handler=connections.get_connection,
    ),
    Route(
        rpc="ListConnections",
        service=SERVICE,
        about="Lists the connections.",
        verb="GET",
        path=CONNECTIONS,
        request=LIST,
        answer=LIST_CONNECTIONS_RESPONSE,
        handler=connections.list_connections,
    ),
    Route(
        rpc="UpdateConnection",
        service=SERVICE,
        about="Changes a connection: the fields that the mask names.",
        verb="PATCH",
        path=Template.of("/v1/{connection.name=connections/*}"),
        request=requests.UPDATE,
        body="connection",
        answer=CONNECTION,
        handler=connections.update_connection,
    ),
    Route(
        rpc="DeleteConnection",
        service=SERVICE,
        about="Deletes a connection; one that has subjects only by force.",
        verb="DELETE",
        path=A_CONNECTION,
        request=requests.DELETE,
        handler=connections.delete_connection,
    ),
    Route(
        rpc="SuspendConnection",
        service=SERVICE,
        about="Refuses the calls of a connection until it is resumed.",
        verb="POST",
        path=_verb("suspend"),
        request=NOTHING,
        body="*",
        answer=CONNECTION,
        handler=connections.suspend_connection,
    ),
    Route(
        rpc="ResumeConnection",
        service=SERVICE,
        about="Lets the calls of a connection go on.",
        verb="POST",
        path=_verb("resume"),
        request=NOTHING,
        body="*",
        answer=CONNECTION,
        handler=connections.resume_connection,
    ),
    Route(
        rpc="LockConnection",
        service=SERVICE,
        about="Keeps a connection from being changed; its calls go on.",
        verb="POST",
        path=_verb("lock"),
        request=requests.LOCK,
        body="*",
        answer=CONNECTION,
        handler=connections.lock_connection,
    ),
    Route(
        rpc="UnlockConnection",
        service=SERVICE,
        about="Lets a connection be changed again.",
        verb="POST",
        path=_verb("unlock"),
        request=NOTHING,
        body="*",
        answer=CONNECTION,
        handler=connections.unlock_connection,
    ),
    Route(
        rpc="CheckConnection",
        service=SERVICE,
        about="Says whether calls through a connection would work now.",
        verb="POST",
        path=_verb("check"),
        request=NOTHING,
        body="*",
        answer=CHECKED,
        handler=connections.check_connection,
    ),
    Route(
        rpc="ExecuteHttpRequest",
        service=SERVICE,
        about="Sends an HTTP request that no action describes, to a host that is allowed.",
        verb="POST",
        path=_verb("executeHttpRequest"),
        request=requests.HTTP_REQUEST,
        body="*",
        answer=HTTP_RESPONSE,
        handler=connections.execute_http_request,
    ),
)
