"""Requests to the operator's Vault, over httpx: the policy on backends' addresses is not for it."""

import asyncio
import ssl

import httpx

from facade.errors.backend import BackendBadResponse, BackendTimeout, BackendUnreachable
from facade.model.call import Headers, Reply

TIMEOUT = 5.0
"""Seconds for a whole answer."""

MOST = 2**20
"""Bytes of an answer."""


class VaultClient:
    """Gets what a Vault answers. It follows no redirect and takes no proxy from the environment."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        """Takes who is trusted to say that it is the Vault."""
        self._client = httpx.AsyncClient(verify=trust, timeout=TIMEOUT, trust_env=False)

    async def get(self, uri: str, headers: Headers) -> Reply:
        """Any answer; raises BackendUnreachable, BackendTimeout, BackendBadResponse."""
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._read(uri, headers)
        except (httpx.TimeoutException, TimeoutError):
            raise BackendTimeout("the Vault did not answer in time") from None
        except (httpx.ProtocolError, httpx.DecodingError):
            raise BackendBadResponse("the Vault's answer breaks HTTP") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise BackendUnreachable("the Vault cannot be reached") from None

    async def _read(self, uri: str, headers: Headers) -> Reply:
        async with self._client.stream("GET", uri, headers=dict(headers)) as response:
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST:
                    raise BackendBadResponse("the Vault's answer is too large")
        return Reply(status=response.status_code, headers=(), body=body)

    async def close(self) -> None:
        """Closes its connections."""
        await self._client.aclose()
