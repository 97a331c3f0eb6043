"""Documents in short, and the typed services that they become."""

import json
from collections.abc import Mapping
from typing import Any

from facade.model.typed import TypedService
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.spec.typed.service import typed


def spec_of(paths: Mapping[str, Any], **fields: Any) -> Spec:
    """The actions of a document of OpenAPI 3.2 that has these paths."""
    document = {"openapi": "3.2.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return Spec(load(json.dumps({**document, **fields}))[0])


def typed_of(paths: Mapping[str, Any], **fields: Any) -> TypedService:
    """What such a document becomes, without name and numbers."""
    return typed(spec_of(paths, **fields))
