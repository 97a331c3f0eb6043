"""A collector of spans that takes whatever it is sent."""

import asyncio

from aiohttp import web


async def take(request: web.Request) -> web.Response:
    """Takes it."""
    await request.read()
    return web.Response()


async def main() -> None:
    """Serves until it is killed."""
    app = web.Application(client_max_size=2**30)
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
