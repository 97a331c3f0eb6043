"""Which files are flows, for those who apply them among others."""

import pytest

from facade.demo import petstore
from facade.flows.templates import TEMPLATES
from gateway.cli.kinds import is_flow


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_template_is_a_flow(name: str) -> None:
    assert is_flow(TEMPLATES[name].text)


def test_json_and_a_byte_order_mark_are_read() -> None:
    assert is_flow('\ufeff{"steps": []}')


@pytest.mark.parametrize(
    "text",
    [
        "connector: steps\nversions: []\n",
        "connector: a\nsteps: []\n",
        "openapi: 3.1.0\nsteps: []\n",
        "- steps: []\n",
        "steps: [\n",
        "",
        petstore.document(),
    ],
)
def test_another_file_is_none(text: str) -> None:
    assert not is_flow(text)
