"""A reverse proxy that is nothing but the facade's cache before the facade's transport."""

import asyncio

from msgspec import structs

from facade.errors.fault import Fault
from facade.model.call import CacheUse, Headers, Plan, Reply
from facade.model.policy import Caching, Policy
from facade.policy.cache.ask import Ask
from facade.policy.cache.cache import Cache
from facade.transport import Transport
from tests.fakes import RawBackend, a_plan, a_version, read_request

HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields of one connection (RFC 9110 section 7.6.1), and those that each message gets anew."""

BODILESS = frozenset({204, 304})

POLICY = Policy(cache=Caching(heuristic=True))
VERSION = a_version(policy=POLICY)


class CacheShim(RawBackend):
    """Answers what the origin does, from the cache where that may be."""

    def __init__(self, origin: str, cache: Cache, transport: Transport) -> None:
        super().__init__(self._talk)
        self._to = origin
        self._cache = cache
        self._transport = transport

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            plan = planned(await read_request(reader), self._to)
            writer.write(written(plan.method, await self._answer(plan)))
            await writer.drain()

    async def _answer(self, plan: Plan) -> Reply:
        async def fetch(conditions: Headers) -> Reply:
            named = {name.lower() for name, _ in conditions}
            kept = tuple(field for field in plan.headers if field[0].lower() not in named)
            return await self._transport.send(structs.replace(plan, headers=kept + conditions))

        ask = Ask(plan=plan, who="", use=CacheUse.POLICY)
        try:
            return (await self._cache.reply(ask, fetch, fetch)).reply
        except Fault:
            return Reply(status=504, headers=(), body=b"")


def planned(request: bytes, origin: str) -> Plan:
    """The plan of a request as it came."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ")
    fields = [each.split(":", 1) for each in lines]
    headers = tuple((name, value.strip()) for name, value in fields)
    return a_plan(
        origin,
        method=method,
        target=target,
        headers=through(headers),
        body=body or None,
        version=VERSION,
        policy=POLICY,
    )


def written(method: str, reply: Reply) -> bytes:
    """An answer as it goes out."""
    body = b"" if method == "HEAD" or reply.status in BODILESS else reply.body
    fields = "".join(f"{name}: {value}\r\n" for name, value in through(reply.headers))
    length = "" if reply.status in BODILESS else f"Content-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {reply.status} Said\r\n{fields}{length}\r\n".encode("latin-1") + body


def through(headers: Headers) -> Headers:
    """The fields that go from one connection to the next."""
    named = ",".join(value for name, value in headers if name.lower() == "connection")
    dropped = HOP_BY_HOP | {each.strip().lower() for each in named.split(",")}
    return tuple(field for field in headers if field[0].lower() not in dropped)
