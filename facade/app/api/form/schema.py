"""The objects of the API as JSON Schema 2020-12, by the tables that write and read them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from facade.app.api.form.action import REPORT
from facade.app.api.form.answer import (
    LIST_ACTIONS_RESPONSE,
    LIST_CONNECTORS_RESPONSE,
    LIST_SECRETS_RESPONSE,
    LIST_VERSIONS_RESPONSE,
    MANAGE_VERSIONS_RESPONSE,
)
from facade.app.api.form.change import MANAGE, SPEC
from facade.app.api.form.exchange import EXCHANGE
from facade.app.api.form.form import Form, Listed, Mapped
from facade.app.api.form.scalar import Codec
from facade.app.api.form.secret import ROTATION


def forms_in(codecs: Iterable[Codec]) -> dict[str, Form]:
    """Every form among them or within them, by name."""
    waiting, found = list(codecs), dict[str, Form]()
    while waiting:
        codec = waiting.pop()
        if isinstance(codec, (Listed, Mapped)):
            waiting.append(codec.item)
        elif isinstance(codec, Form) and codec.name not in found:
            found[codec.name] = codec
            waiting.extend(field.codec for field in codec.fields)
    return found


FORMS: Mapping[str, Form] = MappingProxyType(
    forms_in(
        (
            EXCHANGE,
            LIST_ACTIONS_RESPONSE,
            LIST_CONNECTORS_RESPONSE,
            LIST_SECRETS_RESPONSE,
            LIST_VERSIONS_RESPONSE,
            MANAGE,
            MANAGE_VERSIONS_RESPONSE,
            REPORT,
            ROTATION,
            SPEC,
        )
    )
)
"""By the names of the protos' messages, which of them stand within others with a dot."""
