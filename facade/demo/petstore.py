"""A pet store with state of its own: the backend that `portico demo` puts Portico in front of."""

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from importlib import resources
from typing import Any

from aiohttp import BodyPartReader, web

BASE = "/api"
FIRST_ID = 9007199254740993
"""One beyond what a double holds, so that a gateway which rounds is caught at once."""
LARGEST = 16 * 2**20

STORE: web.AppKey["PetStore"] = web.AppKey("store")


def document() -> str:
    """The store's OpenAPI document."""
    return resources.files("facade.demo").joinpath("petstore.yaml").read_text(encoding="utf-8")


class PetStore:
    """Pets and pictures by id, for as long as the process lives."""

    def __init__(self, key: str) -> None:
        """Starts with three pets; `key` opens the inventory."""
        self.key = key
        self.pets: dict[int, dict[str, Any]] = {}
        self.pictures: dict[int, bytes] = {}
        for name, status in (("Rex", "available"), ("Tom", "available"), ("Tweety", "sold")):
            self.add({"name": name, "status": status, "tags": ["demo"]})

    def add(self, pet: dict[str, Any]) -> dict[str, Any]:
        """Keeps a new pet under the next id."""
        number = FIRST_ID + len(self.pets)
        while number in self.pets:
            number += 1
        self.pets[number] = {"id": number, "status": "available", **pet}
        return self.pets[number]

    def find(self, **wanted: Any) -> list[dict[str, Any]]:
        """The pets whose properties are among the wanted ones, ordered by id."""
        return [
            pet
            for _, pet in sorted(self.pets.items())
            if all(_fits(pet.get(name), values) for name, values in wanted.items() if values)
        ]


def application(key: str) -> web.Application:
    """The store as a web application; `key` is what X-Shop-Key must hold."""
    app = web.Application(client_max_size=LARGEST, middlewares=[_envelope])
    app[STORE] = PetStore(key)
    app.add_routes(
        [
            web.get(f"{BASE}/pet", list_pets),
            web.post(f"{BASE}/pet", add_pet),
            web.get(f"{BASE}/pet/findByStatus", find_by_status),
            web.get(f"{BASE}/pet/search", search),
            web.get(BASE + "/pet/{id:-?[0-9]+}", get_pet),
            web.put(BASE + "/pet/{id:-?[0-9]+}", replace_pet),
            web.delete(BASE + "/pet/{id:-?[0-9]+}", delete_pet),
            web.post(BASE + "/pet/{id:-?[0-9]+}/uploadImage", upload),
            web.get(BASE + "/pet/{id:-?[0-9]+}/picture", picture),
            web.get(f"{BASE}/store/inventory", inventory),
            web.post(f"{BASE}/echo", echo),
            web.get(BASE + "/fail/{status:[0-9]+}", fail),
            web.get(f"{BASE}/slow", slow),
        ]
    )
    return app


async def start(key: str, host: str = "127.0.0.1", port: int = 0) -> tuple[web.AppRunner, str]:
    """Starts the store; returns its runner, for `cleanup()`, and its base URL."""
    runner = web.AppRunner(
        application(key), access_log=None, handler_cancellation=True, shutdown_timeout=2
    )
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    bound = runner.addresses[0][1]
    return runner, f"http://{host}:{bound}{BASE}"


async def list_pets(request: web.Request) -> web.Response:
    """GET /pet."""
    after = int(request.query.get("after", "0"))
    limit = int(request.query.get("limit", "20"))
    later = [pet for pet in request.app[STORE].find() if pet["id"] > after]
    page = later[:limit]
    response = web.json_response(page)
    if len(later) > len(page) > 0:
        following = request.url.update_query(after=page[-1]["id"])
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


async def add_pet(request: web.Request) -> web.Response:
    """POST /pet."""
    pet = request.app[STORE].add(await _pet(request))
    headers = {"Location": f"{BASE}/pet/{pet['id']}"}
    return web.json_response(pet, status=201, headers=headers)


async def find_by_status(request: web.Request) -> web.Response:
    """GET /pet/findByStatus."""
    return web.json_response(request.app[STORE].find(status=request.query.getall("status", [])))


async def search(request: web.Request) -> web.Response:
    """GET /pet/search, with `where` as a deep object."""
    query = request.query
    return web.json_response(
        request.app[STORE].find(
            name=query.getall("where[name]", []),
            status=query.getall("where[status]", []),
            tags=query.getall("where[tags][]", []),
        )
    )


async def get_pet(request: web.Request) -> web.Response:
    """GET /pet/{petId}."""
    return web.json_response(request.app[STORE].pets[_known(request)])


async def replace_pet(request: web.Request) -> web.Response:
    """PUT /pet/{petId}."""
    number = _known(request)
    pet = {"id": number, "status": "available", **await _pet(request)}
    request.app[STORE].pets[number] = pet
    return web.json_response(pet)


async def delete_pet(request: web.Request) -> web.Response:
    """DELETE /pet/{petId}."""
    number = _known(request)
    del request.app[STORE].pets[number]
    request.app[STORE].pictures.pop(number, None)
    return web.Response(status=204)


async def upload(request: web.Request) -> web.Response:
    """POST /pet/{petId}/uploadImage, as plain bytes or as a multipart form."""
    number = _known(request)
    caption = ""
    if request.content_type == "multipart/form-data":
        data, caption = await _form(request)
    else:
        data = await request.read()
    request.app[STORE].pictures[number] = data
    digest = hashlib.sha256(data).hexdigest()
    return web.json_response({"bytes": len(data), "sha256": digest, "caption": caption})


async def picture(request: web.Request) -> web.Response:
    """GET /pet/{petId}/picture."""
    number = _known(request)
    if number not in request.app[STORE].pictures:
        raise web.HTTPNotFound(reason=f"pet {number} has no picture")
    return web.Response(
        body=request.app[STORE].pictures[number], content_type="application/octet-stream"
    )


async def inventory(request: web.Request) -> web.Response:
    """GET /store/inventory, for those who have the key."""
    shown = request.headers.get("X-Shop-Key", "")
    if not hmac.compare_digest(shown.encode(), request.app[STORE].key.encode()):
        raise web.HTTPUnauthorized(reason="X-Shop-Key is missing or wrong")
    counts = Counter(pet["status"] for pet in request.app[STORE].pets.values())
    return web.json_response(counts)


async def echo(request: web.Request) -> web.Response:
    """POST /echo."""
    return web.Response(body=await request.read(), content_type="application/json")


async def fail(request: web.Request) -> web.Response:
    """GET /fail/{status}."""
    status = int(request.match_info["status"])
    headers = {}
    if "retryAfter" in request.query:
        headers["Retry-After"] = request.query["retryAfter"]
    if status in {204, 304}:
        return web.Response(status=status, headers=headers)
    if 300 <= status < 400:
        headers["Location"] = f"{BASE}/pet"
    return web.json_response(_failure(status, "as you asked"), status=status, headers=headers)


async def slow(request: web.Request) -> web.Response:
    """GET /slow."""
    seconds = min(float(request.query["seconds"]), 60.0)
    await asyncio.sleep(seconds)
    return web.json_response({"seconds": seconds})


@web.middleware
async def _envelope(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        answer: web.StreamResponse = await handler(request)
    except web.HTTPException as refusal:
        return web.json_response(_failure(refusal.status, refusal.reason), status=refusal.status)
    return answer


def _failure(status: int, description: str) -> dict[str, Any]:
    return {"error": {"code": str(status), "description": description}}


def _fits(value: Any, values: list[str]) -> bool:
    if isinstance(value, list):
        return set(values) <= set(value)
    return value in values


def _known(request: web.Request) -> int:
    number = int(request.match_info["id"])
    if number not in request.app[STORE].pets:
        raise web.HTTPNotFound(reason=f"there is no pet {number}")
    return number


async def _pet(request: web.Request) -> dict[str, Any]:
    try:
        pet = json.loads(await request.read())
    except ValueError:
        raise web.HTTPBadRequest(reason="the body is not JSON") from None
    if not isinstance(pet, dict) or not pet.get("name"):
        raise web.HTTPUnprocessableEntity(reason="a pet needs a name")
    return {name: pet[name] for name in ("name", "status", "tags", "weight") if name in pet}


async def _form(request: web.Request) -> tuple[bytes, str]:
    data, caption = b"", ""
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "file":
            data = bytes(await part.read())
        elif part.name == "caption":
            caption = await part.text()
    return data, caption
