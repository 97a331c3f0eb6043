#!/usr/bin/env python3
"""A service that asks another one through Portico: GET /status answers what `getStatus` does."""

import os
import signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from gateway.v1.gateway_pb2 import ExecuteActionRequest
from gateway.v1.gateway_pb2_grpc import GatewayServiceStub

ACTION = "connectors/status/versions/live/actions/getStatus"

SERVICE_CONFIG = """{"methodConfig": [{
  "name": [{"service": "gateway.v1.GatewayService", "method": "ExecuteAction"}],
  "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s",
                  "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}
}]}"""
"""While Portico starts or ends: of what it tells, gRPC repeats what nothing has heard of alone."""


def ask(portico: GatewayServiceStub) -> tuple[int, str]:
    """Calls the action, within 10 seconds; gives an HTTP status and the answer, or why not."""
    try:
        request = ExecuteActionRequest(name=ACTION, parameters_json="{}")
        return 200, portico.ExecuteAction(request, timeout=10).json
    except grpc.RpcError as error:
        status, info = rpc_status.from_call(error), ErrorInfo()
        for detail in status.details if status else ():
            detail.Unpack(info)
        told = f"{info.reason or error.code().name}: {error.details()}"
        return 502, f"{told} ({info.metadata['outcome'] or 'UNKNOWN'})"


class Handler(BaseHTTPRequestHandler):
    """Answers /status by way of Portico, and anything else by itself."""

    portico: GatewayServiceStub

    def do_GET(self) -> None:
        """Answers one request."""
        status, text = ask(self.portico) if self.path == "/status" else (200, "alive")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode() + b"\n")


class Server(ThreadingHTTPServer):
    """Waits for what is under way when it is closed."""

    daemon_threads = False


def main() -> None:
    """Serves until SIGTERM; the environment says where Portico is, and where to listen."""
    host, _, port = os.environ.get("LISTEN", "127.0.0.1:8000").rpartition(":")
    address = os.environ.get("GATEWAY_ADDRESS", "127.0.0.1:50051")
    with grpc.insecure_channel(address, [("grpc.service_config", SERVICE_CONFIG)]) as channel:
        Handler.portico = GatewayServiceStub(channel)
        with Server((host, int(port)), Handler) as server:
            signal.signal(signal.SIGTERM, lambda *_: Thread(target=server.shutdown).start())
            server.serve_forever()


if __name__ == "__main__":
    main()
