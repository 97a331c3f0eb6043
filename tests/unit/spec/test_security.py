"""Security schemes and requirements."""

from dataclasses import replace
from typing import Any

import pytest

from facade.model.action import Flow, Location, SecurityScheme
from facade.spec.document import Document
from facade.spec.security import declared_schemes, requirements

SCHEMES = {
    "key": {"type": "apiKey", "in": "query", "name": "api_key"},
    "basic": {"type": "http", "scheme": "Basic"},
    "old": {"type": "basic"},
    "oauth": {
        "type": "oauth2",
        "flows": {
            "clientCredentials": {"tokenUrl": "/token", "refreshUrl": "/refresh", "scopes": {}},
            "implicit": {"authorizationUrl": "/a", "tokenUrl": 1},
            "password": "junk",
        },
    },
    "openid": {"type": "openIdConnect", "openIdConnectUrl": "https://id.example/o"},
    "alias": {"$ref": "#/components/securitySchemes/basic"},
    "lost": {"$ref": "#/components/securitySchemes/none"},
    "junk": ["x"],
    "odd": {"type": 1, "in": "path", "scheme": None, "name": 2},
}
DOCUMENT = Document({"components": {"securitySchemes": SCHEMES}}, "3.2.0")
KEY = SecurityScheme(name="key", type="apiKey", location=Location.QUERY, parameter="api_key")
BASIC = SecurityScheme(name="basic", type="http", scheme="basic")
OAUTH = SecurityScheme(
    name="oauth",
    type="oauth2",
    flows=(
        Flow(name="clientCredentials", token_uri="/token", refresh_uri="/refresh"),
        Flow(name="implicit", authorization_uri="/a"),
    ),
)
OPENID = SecurityScheme(name="openid", type="openIdConnect", discovery_uri="https://id.example/o")


def test_declared_schemes_are_read_by_name() -> None:
    assert declared_schemes(DOCUMENT) == {
        "key": KEY,
        "basic": BASIC,
        "old": SecurityScheme(name="old", type="http", scheme="basic"),
        "oauth": OAUTH,
        "openid": OPENID,
        "alias": SecurityScheme(name="alias", type="http", scheme="basic"),
        "odd": SecurityScheme(name="odd", type=""),
    }


@pytest.mark.parametrize("tree", [{}, {"components": []}, {"components": {"securitySchemes": 1}}])
def test_a_document_may_declare_none(tree: dict[str, Any]) -> None:
    assert declared_schemes(Document(tree, "3.0.3")) == {}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (None, None),
        ("key", None),
        (["key"], None),
        ([], ()),
        ([{}], ((),)),
        ([{"key": []}, {}], ((KEY,), ())),
        ([{"key": [], "basic": []}], ((KEY, BASIC),)),
        ([{"key": []}, "junk"], ((KEY,),)),
        ([{"Unknown one": []}], ((SecurityScheme(name="Unknown one", type=""),),)),
        ([{"#/components/securitySchemes/basic": []}], ((BASIC,),)),
        ([{"oauth": ["a", 1, "b"]}], ((replace(OAUTH, scopes=("a", "b")),),)),
        ([{"oauth": [], "openid": ["a"]}], ((OAUTH, replace(OPENID, scopes=("a",))),)),
        ([{"key": ["role"]}, {"oauth": "a"}], ((KEY,), (OAUTH,))),
        ([{"#/nowhere": []}], ((SecurityScheme(name="#/nowhere", type=""),),)),
    ],
)
def test_requirements_keep_what_they_ask_for(node: Any, expected: Any) -> None:
    assert requirements(node, DOCUMENT, declared_schemes(DOCUMENT)) == expected
