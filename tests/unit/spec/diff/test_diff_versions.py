"""Which version comes next."""

import pytest

from facade.spec.diff.versions import next_id, next_version


@pytest.mark.parametrize(
    ("version", "step", "following"),
    [
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("1.0", "patch", "1.0.1"),
        ("1", "minor", "1.1"),
        ("v1", "major", "v2"),
        ("0.3.1", "major", "0.4.0"),
        ("1.0.0-rc.1", "patch", "1.0.0"),
        ("1.0.0-rc.1", "major", "1.0.0"),
        ("1.2.3-rc.1", "minor", "1.3.0"),
        ("1.2.3+build", "patch", "1.2.4"),
        ("2024-01-01", "major", ""),
        ("2024.1", "major", ""),
        ("latest", "minor", ""),
        ("1.2.3", "", ""),
        ("9" * 400, "major", ""),
    ],
)
def test_a_version_grows_by_the_rules_of_semantic_versioning(
    version: str, step: str, following: str
) -> None:
    assert next_version(version, step) == following


@pytest.mark.parametrize(
    ("version_id", "step", "following"),
    [
        ("v1", "major", "v2"),
        ("v1", "minor", "v1-1"),
        ("v1-1", "minor", "v1-2"),
        ("v1", "patch", "v1-0-1"),
        ("v1-2-3", "major", "v2-0-0"),
        ("production", "major", ""),
    ],
)
def test_the_id_of_a_version_grows_in_the_same_way(
    version_id: str, step: str, following: str
) -> None:
    assert next_id(version_id, step) == following
