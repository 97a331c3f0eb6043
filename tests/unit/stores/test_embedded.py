"""Where the engine of `--redis embedded` is."""

import sys

import pytest

from facade.stores.embedded import program


def test_the_engine_is_that_of_the_wheel() -> None:
    assert program().name == "valkey-server"
    assert program().is_file()


def test_without_the_engine_one_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ValueError, match=r"pip install 'portico-gateway\[embedded\]'"):
        program()
