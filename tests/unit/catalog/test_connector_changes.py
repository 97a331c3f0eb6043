"""The connector file: the changes that it takes to bring about what it says."""

from datetime import UTC, datetime
from hashlib import sha256
from itertools import product

import pytest

from facade.catalog.changes import Document, Edit, fold
from facade.catalog.connector_file import ConnectorFile, changes_for, parse
from facade.catalog.promotion import Standing
from facade.catalog.traffic import shares_of
from facade.catalog.verdicts import Verdicts
from facade.errors.caller import VersionImmutable
from facade.model.change import Change, Create, Delete, Draft, Promote, Update
from facade.model.difference import Difference
from facade.model.names import ConnectorName
from facade.model.version import Connector

NOW = datetime(2026, 1, 1, tzinfo=UTC)

WHOLE = """\
connector: pets
versions:
  - id: v1
    spec: specs/pets.yaml
    policy: {timeout: 500ms, cache: {ttl: 1m}, limits: [{calls: 5}]}
    passthrough: [{metadata: x-token, header: Authorization}]
    network: {proxy: corp, httpVersion: http2}
    notes: first
  - id: v3
    spec: {openapi: 3.0.3, info: {title: P, version: '1'}, paths: {}}
live: {v1: 90, v3: 10}
"""


def parsed(text: str) -> ConnectorFile:
    return parse(text, "pets.yaml", lambda _name, _root: Draft(spec_text="openapi: 3.0.3\n"))


def applied(file: ConnectorFile, before: Connector | None, changes: list[Change]) -> Connector:
    documents = [
        Document(digest=sha256(each.draft.spec_text.encode()).hexdigest())
        if isinstance(each, Create)
        else None
        for each in changes
    ]
    old = [each.spec_digest for each in before.versions.values()] if before else []
    known = (*old, *(each.digest for each in documents if each))
    pairs = product(known, known)
    alike = Standing(verdicts=Verdicts(dict.fromkeys(pairs, Difference())))
    edits = [Edit(parent=file.name, now=NOW, document=each, standing=alike) for each in documents]
    return fold(before, changes, edits).connector


def file_of(live: dict[str, int], **specs: str) -> ConnectorFile:
    return ConnectorFile(
        source="a.yaml",
        name=ConnectorName("a"),
        labels={},
        drafts={key: Draft(spec_text=text) for key, text in specs.items()},
        live=live,
    )


def test_a_file_is_applied_once_and_then_there_is_nothing_to_do() -> None:
    file = parsed(WHOLE)
    made = applied(file, None, changes_for(file, None))
    assert shares_of(made.versions) == {"v1": 90, "v3": 10}
    assert changes_for(file, made) == []
    assert changes_for(file, made, replace=True) == []


def test_only_the_shares_change_where_only_they_differ() -> None:
    before = file_of({"v1": 100}, v1="a", v2="b")
    made = applied(before, None, changes_for(before, None))
    after = file_of({"v1": 50, "v2": 50}, v1="a", v2="b")
    changes = changes_for(after, made)
    assert {type(each) for each in changes} == {Promote}
    assert shares_of(applied(after, made, changes).versions) == {"v1": 50, "v2": 50}


def test_labels_and_notes_are_updated() -> None:
    file = parsed(WHOLE)
    made = applied(file, None, changes_for(file, None))
    changes = changes_for(parsed(WHOLE.replace("notes: first", "notes: second")), made)
    assert [type(each) for each in changes] == [Update]


def test_a_changed_version_is_refused() -> None:
    before = file_of({"v1": 100}, v1="a")
    made = applied(before, None, changes_for(before, None))
    with pytest.raises(
        VersionImmutable, match=r"a\.yaml: .*versions/v1` is published and its spec"
    ):
        changes_for(file_of({"v1": 100}, v1="changed"), made)


def test_a_changed_version_is_replaced_where_that_is_asked_for() -> None:
    before = file_of({"v1": 60, "v2": 40}, v1="a", v2="b")
    made = applied(before, None, changes_for(before, None))
    after = file_of({"v1": 60, "v2": 40}, v1="changed", v2="b")
    changes = changes_for(after, made, replace=True)
    assert [type(each) for each in changes[:2]] == [Delete, Create]
    replaced = applied(after, made, changes)
    assert shares_of(replaced.versions) == {"v1": 60, "v2": 40}
    assert changes_for(after, replaced, replace=True) == []


def test_a_version_that_the_file_lost_goes_only_where_the_file_replaces() -> None:
    before = file_of({"v1": 100}, v1="a", v2="b")
    made = applied(before, None, changes_for(before, None))
    after = file_of({"v2": 100}, v2="b")
    assert set(applied(after, made, changes_for(after, made)).versions) == {"v1", "v2"}
    replaced = applied(after, made, changes_for(after, made, replace=True))
    assert shares_of(replaced.versions) == {"v2": 100}
    assert set(replaced.versions) == {"v2"}
