"""Publishes a document several times, as new versions; says when each began and ended.

Arguments: the gateway's port, the document, how often, and the seconds before each. A process of
its own: making the request must not hold up the loader.
"""

import json
import sys
import time
from pathlib import Path

import grpc

from gateway.v1.gateway_pb2 import CreateVersion, ManageVersionsRequest, VersionChange
from gateway.v1.version_pb2 import ConnectorVersion, Direct

METHOD = "/gateway.v1.GatewayService/ManageVersions"
SERVER = "https://backend.example.com"


def request(number: int, document: str) -> bytes:
    """Adds one version."""
    version = ConnectorVersion(spec_text=document, direct=Direct(base_uri=SERVER))
    create = CreateVersion(version_id=f"v{number}", version=version)
    changes = [VersionChange(create=create)]
    asked = ManageVersionsRequest(parent="connectors/published", changes=changes)
    return asked.SerializeToString()


def main(port: str, file: str, times: str, pause: str) -> None:
    """Does it."""
    document = Path(file).read_text(encoding="utf-8")
    requests = [request(number, document) for number in range(int(times))]
    said = []
    options = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
    with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(METHOD)
        for each in requests:
            time.sleep(float(pause))
            began = time.perf_counter()
            call(each, timeout=60)
            said.append((began, time.perf_counter()))
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
