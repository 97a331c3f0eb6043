"""The JSON of requests as the model's nouns; what is none is told by the fields of the protos."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from facade.app.api.form.change import SPEC
from facade.app.api.form.form import Form
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.secret import SECRET
from facade.app.api.form.version import CONNECTOR
from facade.catalog.request import invalid
from facade.catalog.secret_request import change_of
from facade.errors.fault import Violation
from facade.model.change import Draft
from facade.model.names import ConnectorName
from facade.model.version import Connector
from facade.secrets.safe import Change


def connector(tree: object, name: ConnectorName) -> Connector:
    """What is said of a connector; its times are the catalog's to set. Raises InvalidRequest."""
    unset = datetime.fromtimestamp(0, UTC)
    given = of_form(CONNECTOR, tree, "connector")
    return Connector(**given | {"name": name, "create_time": unset, "update_time": unset})


def spec(tree: object) -> Draft:
    """A document as a draft has it; raises InvalidRequest where none is given."""
    found: Draft = of_form(SPEC, tree, "")
    if found == replace(Draft(), spec_root=found.spec_root):
        raise invalid(Violation(field="spec_text", description="a document is required"))
    return found


def secret_change(tree: object, paths: Sequence[str] = ()) -> Change:
    """What becomes of a secret: the named fields, every populated one, or with `*` all.

    Raises InvalidRequest.
    """
    given = of_form(SECRET, tree, "secret")
    return change_of(given.get("value", ""), given.get("labels", {}), given.get("notes", ""), paths)


def etag(tree: object) -> str:
    """The etag that a resource must have; empty where it may have any."""
    found = tree.get("etag") if isinstance(tree, dict) else None
    return found if isinstance(found, str) else ""


def of_form(form: Form, tree: object, field: str) -> Any:
    """What an object says, or one fault for everything that is wrong with it; null says nothing."""
    problems: list[Violation] = []
    found = form.read({} if tree is None else tree, FieldPlace(field, problems))
    if problems:
        raise invalid(*problems)
    return found
