#!/usr/bin/env python3
"""A facade that is none of ours: a document of its own, a backend behind it, and a mark."""

import os
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

BACKEND = httpx.AsyncClient(base_url=os.environ.get("BACKEND", "http://127.0.0.1:9000"))
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
PET = {"operationId": "getPet", "parameters": [ID], "responses": {"200": {"description": "It."}}}
DOCUMENT: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}}
DOCUMENT |= {"servers": [{"url": "/"}], "paths": {"/pets/{id}": {"get": PET}}}


async def pet(request: Request) -> JSONResponse:
    """Asks the backend, which has pets under another path; every answer is marked."""
    answer = await BACKEND.get(f"/animals/{request.path_params['id']}")
    return JSONResponse(answer.json(), answer.status_code, headers={"x-facade": "pets"})


routes = [Route("/openapi.json", lambda _: JSONResponse(DOCUMENT)), Route("/pets/{id:int}", pet)]
uvicorn.run(Starlette(routes=routes), port=int(os.environ.get("PORT", "9001")))
