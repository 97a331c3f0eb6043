"""Every name of a span and of an attribute, in one place.

HTTP by the stable conventions, RPC by the current ones (OpenTelemetry
semantic conventions); what is ours begins with `portico.`.
"""

SCOPE = "portico"

RPC_SYSTEM = "rpc.system.name"
RPC_METHOD = "rpc.method"
RPC_STATUS = "rpc.response.status_code"

HTTP_METHOD = "http.request.method"
HTTP_STATUS = "http.response.status_code"
URL_TEMPLATE = "url.template"
URL_FULL = "url.full"
"""Without the values of its query: only names, and `***`."""
SERVER_ADDRESS = "server.address"

ERROR_TYPE = "error.type"

CONNECTOR = "portico.connector"
VERSION = "portico.version"
ACTION = "portico.action"
