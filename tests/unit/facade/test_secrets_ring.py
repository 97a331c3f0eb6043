import base64
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from facade.config import Misconfigured, Settings
from facade.errors.caller import KeyRingMissing
from facade.secrets.opening import open_ring
from facade.secrets.ring import KeyRing, labels_of

ONE, TWO = bytes(range(32)), bytes(range(32, 64))


def written(*keys: bytes) -> str:
    return "# a comment\n\n" + "".join(f"{base64.b64encode(key).decode()}  # x\n" for key in keys)


def test_a_ring_is_read_key_by_key_and_the_first_one_seals(tmp_path: Path) -> None:
    path = tmp_path / "ring"
    path.write_text(written(ONE, TWO))
    ring = KeyRing(path, make=False)
    assert ring.keys() == (ONE, TWO)
    assert labels_of(ring.keys(), "x")[0] == ring.seal("x").label
    assert ring.seal("x").label != ring.seal("y").label


def test_where_none_is_named_one_is_made_at_the_first_need_for_its_owner_alone(
    tmp_path: Path,
) -> None:
    settings = Settings(data=tmp_path)
    ring = open_ring(settings)
    assert list(tmp_path.iterdir()) == []
    keys = ring.keys()
    assert [path.name for path in tmp_path.iterdir()] == ["key-ring"]
    assert (tmp_path / "key-ring").stat().st_mode & 0o777 == 0o600
    assert len(keys) == 1
    assert open_ring(settings).keys() == keys


def test_processes_that_make_one_at_the_same_time_end_up_with_the_same(tmp_path: Path) -> None:
    rings = [KeyRing(tmp_path / "key-ring", make=True) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda ring: ring.keys(), rings))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key-ring"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no key in it"),
        ("# nothing\n", "no key in it"),
        (written(ONE) + "hunter2\n", "line 4 is no key"),
        (base64.b64encode(b"short").decode(), "line 1 is no key"),
        ("ä", "not a text of base64"),
    ],
)
def test_l05_a_ring_that_is_none_ends_the_start_and_is_not_repeated(
    tmp_path: Path, text: str, problem: str
) -> None:
    (tmp_path / "ring").write_text(text)
    for make in (False, True):
        with pytest.raises(Misconfigured, match=problem) as refusal:
            KeyRing(tmp_path / "ring", make=make)
        assert "hunter2" not in str(refusal.value)


def test_l05_a_ring_that_is_named_and_not_there_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        open_ring(Settings(data=tmp_path, key_ring=tmp_path / "ring"))


def test_l07_a_ring_is_followed_as_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "ring"
    path.write_text(written(ONE))
    ring = KeyRing(path, make=False)
    (tmp_path / "new").write_text(written(TWO, ONE))
    (tmp_path / "new").replace(path)
    assert ring.keys() == (TWO, ONE)


@pytest.mark.parametrize("ruin", ["", "gone"])
def test_l05_a_ring_that_breaks_while_it_is_in_use_stays_as_it_was(
    tmp_path: Path, ruin: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ring"
    path.write_text(written(ONE))
    ring = KeyRing(path, make=False)
    if ruin:
        path.unlink()
    else:
        path.write_text("hunter2")
    with caplog.at_level(logging.WARNING):
        assert ring.keys() == (ONE,)
    assert "its last keys stay in use" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_ring_that_cannot_be_made_is_missing(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "absent" / "ring", make=True)
    with pytest.raises(KeyRingMissing):
        ring.keys()
