"""Publishes and rollbacks over four processes, a short form of the probe `turns`."""

from pathlib import Path

from tests.turning import turn


async def test_g07_g08_no_call_fails_or_mixes_versions_while_they_are_published_and_rolled_back(
    tmp_path: Path,
) -> None:
    seen = await turn(tmp_path, turns=20, pause=0.3, callers=4)
    assert not seen.failed
    assert not seen.mixed
    assert {each[2] for each in seen.calls} > {"v0", "v1", "v3"}
