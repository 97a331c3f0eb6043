"""Snippets: what can be typed is what was tried, whatever is in it."""

import json
import shlex

import pytest

from facade.app.ui.snippets import Asking, snippets
from facade.config import Settings
from facade.model.names import ActionName

HOSTILE = 'it\'s $(rm -rf /) `x` "quoted" \\ {{ 7 }}'
NAME = ActionName("shop", "live", "get/thing")


def texts(*, is_open: bool = True) -> dict[str, str]:
    asking = Asking(
        name=NAME,
        arguments=json.dumps({"name": HOSTILE, "id": 2**60}),
        connection="berlin",
        origin="http://portico.test",
        is_open=is_open,
    )
    return {each.title: each.text for each in snippets(asking, Settings())}


def test_a_shell_takes_each_argument_as_one_word() -> None:
    found = texts()
    curl = shlex.split(found["curl"])
    body = json.loads(curl[-1])
    assert body["parameters"] == {"name": HOSTILE, "id": 2**60}
    assert body["connection"] == "connections/berlin"
    assert curl[1].endswith("/actions/get%2Fthing:execute")
    grpcurl = shlex.split(found["grpcurl"])
    sent = json.loads(grpcurl[grpcurl.index("-d") + 1])
    assert json.loads(sent["parameters_json"])["name"] == HOSTILE
    command = shlex.split(found["portico"])
    assert command[3] == f"name:={json.dumps(HOSTILE)}"


def test_python_is_python() -> None:
    compile(texts()["Python"], "snippet", "exec")


@pytest.mark.parametrize("title", ["curl", "grpcurl", "Python"])
def test_a_key_is_named_and_never_shown(title: str) -> None:
    assert "PORTICO_SERVER_TOKEN" in texts(is_open=False)[title]
    assert "PORTICO_SERVER_TOKEN" not in texts()[title]
