"""Acceptance: what a facade believes of what is handed to it."""

import time
from collections.abc import Callable, Collection

from facade.hop.fields import NOTHING, SIGNATURE, Handed, own, read
from facade.hop.signature import Keys, Message, verify, verify_body
from facade.model.call import Headers


class Acceptance:
    """Tells what gateways hand over from what anybody may write into a request."""

    def __init__(
        self,
        keys: Keys,
        names: Collection[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Takes the keys, the names in certificates that need none, and seconds since the epoch."""
        self._keys = keys
        self._names = frozenset(names)
        self._clock = clock

    def handed(
        self,
        method: str,
        target: str,
        headers: Headers,
        body: bytes | None,
        peer_names: Collection[str] = (),
    ) -> Handed:
        """What a request hands over: nothing where nobody signed it.

        Header names are in lower case; `target` is path and query as they came; `body` is None
        where it has not been read. `peer_names` are those of the client certificate that the
        connection proved. Raises HopUntrusted for a signature that does not hold.
        """
        fields = own(headers)
        if self._names.isdisjoint(peer_names):
            said = dict(fields).get(SIGNATURE)
            if said is None:
                return NOTHING
            message = Message(method=method, target=target, headers=fields, body=body)
            verify(self._keys.now(), message, said, self._clock())
        return read(fields)

    def check_body(
        self, headers: Headers, body: bytes | None, peer_names: Collection[str] = ()
    ) -> None:
        """Holds a body that was read late to what was handed over before it was.

        None is a body that nobody keeps. Raises HopUntrusted for one that was not signed.
        """
        if body is None or not self._names.isdisjoint(peer_names):
            return
        said = dict(own(headers)).get(SIGNATURE)
        if said is not None:
            verify_body(said, body)
