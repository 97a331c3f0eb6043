"""The hop with real keys: on whose behalf, by which key, over which connection."""

import asyncio
import base64
import logging
from pathlib import Path

import pytest

from facade.config import Misconfigured
from facade.errors.hop import HopUntrusted
from facade.hop.acceptance import Acceptance
from facade.hop.signature import Keys
from facade.model.call import Caller
from facade.model.version import Destination
from tests.doors import operation
from tests.engines import a_call, an_engine, publish
from tests.facades import Asked, Facade, key_file, marked
from tests.fakes import RawBackend, hold

SPEC = operation("get", "/it")

HERS = Caller(tenant="acme", connection="eu-1", subject="Zoë")


def there(origin: str) -> Destination:
    return Destination(uri=origin, indirect=True)


async def test_on_whose_behalf_a_call_is_made_goes_along(tmp_path: Path) -> None:
    async with (
        Facade() as facade,
        an_engine(tmp_path, hop_key=key_file(tmp_path)) as parts,
    ):
        await publish(parts, "shop", SPEC, "", destination=there(facade.origin))
        await parts.engine.execute(a_call("shop/act", caller=HERS, hops=1))
        (handed,) = facade.handed
    assert handed.caller == HERS


def believed(asked: Asked, acceptance: Acceptance) -> bool:
    """Whether a facade that has these keys believes a request."""
    try:
        acceptance.handed(asked.method, asked.target, asked.headers, asked.body)
    except HopUntrusted:
        return False
    return True


async def test_l07_keys_are_replaced_without_a_call_lost(tmp_path: Path) -> None:
    old, new = b"o" * 32, b"n" * 32
    ring = [old]
    facades = Acceptance(Keys(lambda: tuple(ring)))
    path = key_file(tmp_path, old)
    async with Facade() as facade, an_engine(tmp_path, hop_key=path) as parts:
        await publish(parts, "shop", SPEC, "", destination=there(facade.origin))

        async def passes() -> bool:
            await parts.engine.execute(a_call("shop/act"))
            return believed(facade.asked[-1], facades)

        assert await passes()
        facades = Acceptance(Keys(lambda: (old, new)))
        assert await passes()
        path.with_suffix(".new").write_text(
            f"{base64.b64encode(new).decode()}\n{base64.b64encode(old).decode()}\n"
        )
        path.with_suffix(".new").rename(path)
        assert await passes()
        facades = Acceptance(Keys(lambda: (new,)))
        assert await passes()


@pytest.mark.parametrize("text", ["", "c2hvcnQ=\n", "é"])
async def test_n01_a_key_that_is_none_ends_the_start_and_is_not_shown(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "hop-key"
    path.write_text(text)
    with pytest.raises(Misconfigured, match=r"^hop_key: ") as failure:
        async with an_engine(tmp_path, hop_key=path):
            pass
    assert "c2hvcnQ" not in str(failure.value)


async def test_l01_the_key_is_in_no_log_and_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = key_file(tmp_path)
    key = path.read_text().strip()
    async with Facade(marked({}, 500)) as facade, an_engine(tmp_path, hop_key=path) as parts:
        await publish(parts, "shop", SPEC, "", destination=there(facade.origin))
        outcome = await parts.engine.execute(
            a_call("shop/act", caller=HERS, continue_on_failure=True)
        )
    shown = f"{caplog.text}{outcome!r}{parts!r}"
    assert key not in shown
    assert "portico-signature" not in shown


async def test_cancelling_closes_the_connection_to_the_facade(tmp_path: Path) -> None:
    async with (
        RawBackend(hold) as facade,
        an_engine(tmp_path, hop_key=key_file(tmp_path)) as parts,
    ):
        await publish(parts, "shop", SPEC, "", destination=there(facade.origin))
        call = asyncio.ensure_future(parts.engine.execute(a_call("shop/act")))
        while not facade.connections:  # noqa: ASYNC110 - a connection is no event
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        call.cancel()
        async with asyncio.timeout(0.5):
            await facade.closed.wait()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_without_an_address_of_its_own_a_facade_is_the_documents_server(
    tmp_path: Path,
) -> None:
    async with Facade() as facade, an_engine(tmp_path, hop_key=key_file(tmp_path)) as parts:
        document = {**SPEC, "servers": [{"url": f"{facade.origin}/connectors/shop/versions/v1"}]}
        await publish(parts, "shop", document, "", destination=Destination(indirect=True))
        await parts.engine.execute(a_call("shop/act"))
        assert [each.target for each in facade.asked] == ["/connectors/shop/versions/v1/it"]
