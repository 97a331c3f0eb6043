"""Files that become one document, for tests."""

import json
from collections.abc import Mapping
from typing import Any

from facade.spec.bundling.bundle import Bundle, bundle
from facade.spec.bundling.files import Files

HEAD = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}


def made(files: Mapping[str, Any], root: str = "openapi.json") -> tuple[dict[str, Any], Bundle]:
    """What files become; those that are no bytes are written as JSON."""
    data = {
        name: each if isinstance(each, bytes) else json.dumps(each).encode()
        for name, each in files.items()
    }
    done = bundle(Files(data, root))
    return json.loads(done.text), done


def item(tree: Any, path: str = "/a") -> Any:
    return tree["paths"][path]
