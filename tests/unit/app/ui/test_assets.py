"""The files of others that the pages need are those that are written down, and none is missing."""

from facade.app.ui.assets import ASSETS, WANTED, digest, recorded

OWN = {"theme.js", "ui.css", "ui.js", "vendored.json"}


def test_the_vendored_files_are_those_of_the_record() -> None:
    known = recorded()
    assert {each.name for each in ASSETS.iterdir()} == OWN | known.keys()
    for name, row in known.items():
        assert digest((ASSETS / name).read_bytes()) == row["sha256"], name
        assert row["licence"] in {"0BSD", "MIT"}


def test_the_record_has_what_is_taken_of_each_package() -> None:
    assert {name for files in WANTED.values() for name in files.values()} == set(recorded())
