"""What is asked of a secret that is kept here: its name, and what becomes of it; pure."""

from collections.abc import Iterator, Mapping, Sequence

from facade.catalog.draft import check_labels, check_text
from facade.catalog.request import invalid
from facade.errors.fault import Violation
from facade.model.names import ID
from facade.model.secret import SecretName
from facade.secrets.safe import Change

UPDATABLE = ("value", "labels", "notes")

LONGEST_NOTES = 4096


def new_name(secret_id: str, tenant: str = "") -> SecretName:
    """The name of a tenant's new secret; raises InvalidRequest."""
    if not ID.fullmatch(secret_id):
        raise invalid(Violation(field="secret_id", description=f"must match ^{ID.pattern}$"))
    return SecretName(secret_id, tenant)


def change_of(
    value: str, labels: Mapping[str, str], notes: str, paths: Sequence[str] = ()
) -> Change:
    """The named fields, every populated one, or with `*` all; raises InvalidRequest."""
    found = [*_flaws(labels, notes), *_unknown(paths)]
    if found:
        raise invalid(*found)
    given = dict(zip(UPDATABLE, (value, labels, notes), strict=True))
    populated = tuple(path for path in UPDATABLE if given[path])
    chosen = UPDATABLE if "*" in paths else tuple(paths) or populated
    return Change(
        value=value if "value" in chosen else None,
        labels=labels if "labels" in chosen else None,
        notes=notes if "notes" in chosen else None,
    )


def _flaws(labels: Mapping[str, str], notes: str) -> Iterator[Violation]:
    yield from check_labels(labels, "secret.labels")
    yield from check_text(notes, "secret.notes")
    if len(notes) > LONGEST_NOTES:
        yield Violation(field="secret.notes", description=f"at most {LONGEST_NOTES} characters")


def _unknown(paths: Sequence[str]) -> Iterator[Violation]:
    for path in paths:
        if path != "*" and path not in UPDATABLE:
            yield Violation(field="update_mask", description=f"`{path[:63]}` cannot be updated")
