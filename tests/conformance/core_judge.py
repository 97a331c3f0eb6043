"""openapi-core as a judge: reads requests from its input, and says what is wrong with each.

`python core_judge.py DOCUMENT`, run by an interpreter that has openapi-core 0.23. Each line of
its input is a JSON object of method, target, headers and a base64 body; each line of its output
is a JSON text, empty where the request is valid.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema_path import SchemaPath
from openapi_core import OpenAPI  # type: ignore[import-not-found]  # the judge's interpreter's
from openapi_core.datatypes import (  # type: ignore[import-not-found]  # the judge's interpreter's
    RequestParameters,
)
from werkzeug.datastructures import Headers, ImmutableMultiDict


class Request:
    """One request as openapi-core wants it."""

    def __init__(self, line: dict[str, Any]) -> None:
        path, _, query = line["target"].partition("?")
        headers = Headers(line["headers"])
        pairs: Any = parse_qsl(query, keep_blank_values=True)
        cookies: Any = [
            each.split("=", 1) for each in headers.get("cookie", "").split("; ") if each
        ]
        self.host_url = "http://judge.example"
        self.path = path
        self.method = line["method"].lower()
        self.content_type = headers.get("content-type", "")
        self.body = base64.b64decode(line["body"]) or None
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(pairs),
            header=headers,
            cookie=ImmutableMultiDict(cookies),
        )


def main(document: Path) -> None:
    text = document.read_text(encoding="utf-8-sig")
    spec = json.loads(text)
    spec["servers"] = [{"url": "http://judge.example"}]
    for item in spec["paths"].values():
        item.pop("servers", None)
        for each in item.values():
            if isinstance(each, dict):
                each.pop("servers", None)
                each.pop("security", None)
    spec.pop("security", None)
    judge = OpenAPI(SchemaPath.from_dict(spec))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(verdict(judge, Request(json.loads(line)))) + "\n")


def verdict(judge: Any, request: Request) -> str:
    return "; ".join(told(each) for each in judge.iter_request_errors(request))


def told(error: BaseException) -> str:
    """An error with what it stems from."""
    causes = [str(each.message) for each in getattr(error.__cause__, "schema_errors", ())]
    return f"{type(error).__name__}: {error} {causes or error.__cause__ or ''}"[:300]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
