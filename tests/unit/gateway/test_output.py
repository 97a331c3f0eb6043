"""What the command prints for machines."""

import json

import pytest
import yaml

from gateway.cli.output import Format, show


def test_yaml_keeps_the_lines_of_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    data = {"name": "flows/pets", "source": "title: Pets\nsteps: []\n"}
    show(data, Format.YAML)
    printed = capsys.readouterr().out
    assert printed == "name: flows/pets\nsource: |\n  title: Pets\n  steps: []\n"
    assert yaml.safe_load(printed) == data


@pytest.mark.parametrize("text", ["a\n", " a\n b", "\ta\nb \n", "a\x1b\n", "\n", "yes", "7"])
def test_whatever_a_text_holds_yaml_says_it(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    show([text], Format.YAML)
    assert yaml.safe_load(capsys.readouterr().out) == [text]


def test_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    show({"a": "b\nc"}, Format.JSON)
    assert json.loads(capsys.readouterr().out) == {"a": "b\nc"}
