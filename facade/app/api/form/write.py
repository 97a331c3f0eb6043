"""The model's nouns as the JSON of the API."""

from typing import Any

from facade.app.api.form.action import ACTION, REPORT
from facade.app.api.form.exchange import EXCHANGE
from facade.app.api.form.secret import ROTATION, SECRET
from facade.app.api.form.version import CONNECTOR, VERSION
from facade.catalog.reading import Read
from facade.catalog.verdicts import Told, told
from facade.listing import shown
from facade.model.action import Action
from facade.model.call import Exchange
from facade.model.names import ANY, ActionName
from facade.model.secret import Secret
from facade.model.version import Connector, Version
from facade.secrets.safe import Rotation


def connector(connector: Connector) -> dict[str, Any]:
    """A connector; its versions are listed apart."""
    return CONNECTOR.write(connector)


def version(version: Version, most: int | None = 0) -> dict[str, Any]:
    """A version with everything but its document, and so many findings of its difference."""
    return VERSION.write(version, {"difference": told(version, most)})


def action(name: ActionName, action: Action, *, full: bool) -> dict[str, Any]:
    """An action under its canonical name; with its schemas where it is to be full.

    Without them nothing is read that has to be made first: schemas outweigh their document.
    """
    given = {
        "name": name,
        "parameters": tuple(shown.arguments(action, full=full)),
        "input_schema": action.input_schema if full else None,
        "output_schema": shown.output(action) if full else None,
    }
    return ACTION.write(action, given)


def secret(secret: Secret) -> dict[str, Any]:
    """What is told of a secret."""
    return SECRET.write(secret)


def rotation(rotation: Rotation) -> dict[str, Any]:
    """How far a rotation has come."""
    return ROTATION.write(rotation)


def report(found: Read, weighed: Told | None = None) -> dict[str, Any]:
    """What is wrong or doubtful in a document; the actions are of no connector and no version.

    Looks at all of the document, which takes its time: for a thread.
    """
    actions = [found.spec.action(each) for each in found.spec.ids]
    tree = REPORT.write(
        found, {"action_count": len(actions), "unsupported_actions": (), "difference": weighed}
    )
    aside = [
        action(ActionName(ANY, ANY, each.id), each, full=False) for each in actions if each.problems
    ]
    return tree | ({"unsupportedActions": aside} if aside else {})


def exchange(exchange: Exchange, *, failed: bool) -> dict[str, Any]:
    """What went over the wire; with the backend's answer where the call failed."""
    return EXCHANGE.write(exchange, {} if failed else {"response_body": None})
