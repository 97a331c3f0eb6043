"""The dashboard: each page as a browser gets it, and what it takes to be let in."""

import asyncio
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from facade.app.ui.session import COOKIE
from facade.catalog.catalog import Catalog
from facade.model.access import Role
from facade.model.change import Draft
from facade.model.key import KeyName
from tests.dashboards import FORM, HOSTILE, JSON, OPERATOR, a_key, a_shop, filled, signed_in
from tests.doors import document
from tests.fakes import HttpBackend, answer
from tests.tenants import two_tenants

ACTION = "connectors/shop/versions/live/actions/listThings"
PAGES = (
    "",
    "connectors",
    "connectors?q=shop",
    "connectors/shop",
    "connectors/shop/versions/v1",
    "connectors/shop/versions/v2/diff?against=v1",
    "actions",
    "actions?q=things",
    ACTION,
    "connections",
    "connections/berlin",
    "traces",
    "traces?failed=yes",
    "sign-in",
)


async def test_every_page_is_there_and_nothing_in_it_is_believed(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        for path in PAGES:
            page = await faces.http.get(f"/ui/{path}")
            assert page.status_code == 200, page.text
            for said in ("<script>alert", "<img", "778743"):
                assert said not in page.text, path
            assert page.text.count("<h1>") == 1, path
            assert page.text.count("<main") == 1, path


async def test_a_page_runs_its_own_files_alone(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, _):
        page = await faces.http.get("/ui/")
        policy = page.headers["content-security-policy"]
        nonces = set(re.findall(r'<script nonce="([\w-]{22})"', page.text))
        assert len(nonces) == 1
        assert f"script-src 'nonce-{nonces.pop()}';" in policy
        for said in ("default-src 'none'", "style-src 'self'", "frame-ancestors 'none'"):
            assert said in policy
        assert "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?://", page.text)
        links = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', unescape(page.text))
        assert len(links) == 6
        for link in links:
            assert (await faces.http.get(f"/ui/{link}")).status_code == 200


async def test_the_way_to_the_first_page_holds_at_every_depth(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        assert (await faces.http.get("/ui")).headers["location"] == "ui/"
        for path in ("", "connectors", "connectors/shop", ACTION):
            page = await faces.http.get(f"/ui/{path}")
            [brand] = re.findall(r'class="brand" href="([^"]+)"', unescape(page.text))
            assert page.url.join(brand).path == "/ui/"


async def test_what_there_is_not_is_a_page_with_a_remedy(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, _):
        for path in ("nothing", "connectors/none", "connections/none", f"traces/{'a' * 32}"):
            page = await faces.http.get(f"/ui/{path}")
            assert page.status_code == 404
            assert "Remedy" in page.text
        missing = await faces.http.get("/ui/connectors/none/versions/v1/actions/a")
        assert missing.status_code == 404


async def test_trying_an_action_shows_status_headers_and_body(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        form = {"argument.limit": "7", "argument.kind": "", "connection": "berlin"}
        page = await faces.http.post(f"/ui/calls/{ACTION}", data=form)
        assert page.status_code == 200, page.text
        assert "200 OK" in page.text
        assert str(2**60) in page.text
        assert "content-type" in page.text
        assert "<script>alert" not in page.text
        assert b"GET /things?limit=7 " in backend.requests[-1]
        part = await faces.http.post(
            f"/ui/calls/{ACTION}", data=form, headers={"hx-request": "true"}
        )
        assert part.text.lstrip().startswith('<p class="status">')
        assert 'hx-swap-oob="true"' in part.text


async def test_a_call_that_fails_says_why_and_what_to_do(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        wrong = await faces.http.post(f"/ui/calls/{ACTION}", data={"argument.limit": "many"})
        assert "INVALID_PARAMETERS" in wrong.text
        assert "Remedy" in wrong.text
        assert "limit" in wrong.text
        overview = await faces.http.get("/ui/")
        assert "INVALID_PARAMETERS" in overview.text


async def test_a_page_of_another_origin_does_nothing(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        before = len(backend.requests)
        for headers in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site"},
        ):
            for path in (f"calls/{ACTION}", "connections/berlin/suspend", "sign-in", "sign-out"):
                refused = await faces.http.post(f"/ui/{path}", data={"a": "b"}, headers=headers)
                assert refused.status_code == 403, path
                assert "CROSS_SITE" in refused.text
        text = await faces.http.post(
            f"/ui/calls/{ACTION}", content=b"{}", headers={"content-type": "text/plain"}
        )
        assert text.status_code == 400
        assert len(backend.requests) == before
        for path in (f"calls/{ACTION}", "connections/berlin/suspend"):
            assert (await faces.http.get(f"/ui/{path}")).status_code == 404
        own = {"origin": "http://portico.test", "sec-fetch-site": "same-origin"}
        done = await faces.http.post("/ui/connections/berlin/suspend", data={"a": "b"}, headers=own)
        assert (done.status_code, done.headers["location"]) == (303, "../berlin")
        assert "suspended" in (await faces.http.get("/ui/connections/berlin")).text


async def test_whoever_is_not_known_is_asked_to_sign_in(tmp_path: Path) -> None:
    async with a_shop(tmp_path, callers="known") as (faces, _):
        for path in ("", "connectors", "nothing"):
            away = await faces.http.get(f"/ui/{path}")
            assert away.status_code == 303
            assert away.headers["location"].startswith("./sign-in")
        deep = await faces.http.get("/ui/connectors/shop")
        assert deep.headers["location"] == "../sign-in?next=connectors%2Fshop"
        part = await faces.http.get("/ui/connectors", headers={"hx-request": "true"})
        assert part.headers["hx-redirect"] == "./sign-in"
        assert (await faces.http.get("/ui/sign-in")).status_code == 200
        unknown = await signed_in(faces, "portico_me_wrong")
        assert unknown.status_code == 401
        assert "set-cookie" not in unknown.headers


async def test_a_session_is_the_keys_and_ends_with_it(tmp_path: Path) -> None:
    async with a_shop(tmp_path, callers="known") as (faces, _):
        key = await a_key(faces)
        let_in = await signed_in(faces, key)
        assert (let_in.status_code, let_in.headers["location"]) == (303, "./traces")
        cookie = let_in.headers["set-cookie"].lower()
        for said in ("httponly", "samesite=strict", "path=/ui", "max-age=28800"):
            assert said in cookie
        assert key not in cookie
        page = await faces.http.get("/ui/")
        assert page.status_code == 200
        assert "key:me" in page.text
        await faces.parts.access.keys.revoke(KeyName("me"), by=OPERATOR)
        assert (await faces.http.get("/ui/")).status_code == 303


async def test_signing_out_ends_the_session(tmp_path: Path) -> None:
    async with a_shop(tmp_path, callers="known") as (faces, _):
        await signed_in(faces, await a_key(faces))
        out = await faces.http.post("/ui/sign-out", headers=FORM)
        assert out.status_code == 303
        assert (await faces.http.get("/ui/")).status_code == 303


async def test_a_session_is_sent_over_tls_alone_where_there_is_tls(tmp_path: Path) -> None:
    settings = {"callers": "known", "public_url": "https://portico.example/below"}
    async with a_shop(tmp_path, **settings) as (faces, _):
        cookie = (await signed_in(faces, await a_key(faces))).headers["set-cookie"].lower()
        assert "secure" in cookie
        assert "path=/below/ui" in cookie


async def test_signing_in_leads_nowhere_else(tmp_path: Path) -> None:
    async with a_shop(tmp_path, callers="known") as (faces, _):
        key = await a_key(faces)
        for next_ in (
            "//evil.example",
            "https://evil.example",
            "../../docs",
            "%2e%2e/docs",
            "a\\b",
            "x" * 3000,
        ):
            let_in = await faces.http.post("/ui/sign-in", data={"key": key, "next": next_})
            to = let_in.url.join(let_in.headers["location"])
            assert (to.host, to.path) == ("portico.test", "/ui/")


async def test_a_cookie_that_was_not_sealed_here_lets_nobody_in(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, _):
        for text in ("", "00", "zz", "ab" * 60):
            faces.http.cookies.set(COOKIE, text, domain="portico.test", path="/ui")
            page = await faces.http.get("/ui/")
            assert page.status_code == (200 if not text else 303)


async def test_who_is_known_elsewhere_is_known_here(tmp_path: Path) -> None:
    async with a_shop(tmp_path, callers="known") as (faces, _):
        shown = {"authorization": f"Bearer {await a_key(faces)}"}
        page = await faces.http.get("/ui/", headers=shown)
        assert page.status_code == 200
        assert "Sign out" not in page.text


async def test_a_page_shows_what_its_caller_may_see(tmp_path: Path) -> None:
    async with a_shop(tmp_path, callers="auto") as (faces, backend):
        await filled(faces, backend)
        await faces.door.publish("bank", HOSTILE, backend.origin)
        viewer = await a_key(faces, "viewer", Role.VIEWER, connectors=("shop",))
        await signed_in(faces, viewer)
        for path in ("", "connectors", "actions"):
            page = (await faces.http.get(f"/ui/{path}")).text
            assert "shop" in page
            assert "bank" not in page
            assert "Traces" not in page
        for path in ("traces", "connectors/bank", "connectors/bank/versions/v1"):
            assert (await faces.http.get(f"/ui/{path}")).status_code == 403
        action = (await faces.http.get(f"/ui/{ACTION}")).text
        assert "<form" not in action.partition("Try it</h2>")[2].partition("</section>")[0]
        called = await faces.http.post(f"/ui/calls/{ACTION}", data={"argument.limit": "1"})
        assert called.status_code == 403
        assert "CALLER_FORBIDDEN" in called.text


async def test_another_tenants_things_are_as_if_they_were_not_there(tmp_path: Path) -> None:
    async with (
        HttpBackend(answer(b"{}", headers=JSON)) as backend,
        two_tenants(tmp_path) as (shop, bank),
    ):
        await bank.publish("vaults", backend.origin)
        await signed_in(shop.faces, shop.key)
        http = shop.faces.http
        for path in ("", "connectors", "actions", "connections", "traces"):
            assert "vaults" not in (await http.get(f"/ui/{path}")).text
        held, unheld = [
            re.sub(r"Trace <code>\w+|nonce[=-]['\"\w-]+", "", (await http.get(f"/ui/{path}")).text)
            for path in ("connectors/vaults", "connectors/cellar")
        ]
        assert held.replace("vaults", "cellar") == unheld


async def test_a_version_shows_what_it_changes_and_how_it_maps(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        answered = {"responses": {"200": {"description": "things"}}}
        fewer = document({"/things": {"get": {"operationId": "listThings", **answered}}})
        await faces.door.publish_as("v3", "shop", fewer, backend.origin)
        version = await faces.http.get("/ui/connectors/shop/versions/v3")
        assert version.status_code == 200
        assert "wire breaking" in version.text
        mapping = await faces.http.get("/ui/connectors/shop/versions/v3/mapping")
        assert mapping.status_code == 200, mapping.text
        for said in ("operations", "responses"):
            assert said in mapping.text


async def test_a_document_is_read_for_its_mapping_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    validate = Catalog.validate

    async def counted(catalog: Catalog, draft: Draft) -> Any:
        read.append(str(draft.spec_text))
        return await validate(catalog, draft)

    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        fewer = document({"/things": {"get": {"operationId": "listThings"}}})
        await faces.door.publish_as("v3", "shop", fewer, backend.origin)
        monkeypatch.setattr(Catalog, "validate", counted)
        ways = [f"/ui/connectors/shop/versions/{each}/mapping" for each in ("v1", "v2", "v1", "v3")]
        shown = await asyncio.gather(*(faces.http.get(each) for each in ways))
        again = await faces.http.get(f"{ways[3]}?kind=none")
        assert {each.status_code for each in (*shown, again)} == {200}
        assert len(read) == 2  # v1 and v2 have one document


async def test_values_for_slots_are_asked_for_and_offered_again(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        before = len(backend.requests)
        form = {"argument.limit": "{{ input.most }}", "learn": "yes"}
        asked = await faces.http.post(f"/ui/calls/{ACTION}", data=form)
        assert "Nothing was sent" in asked.text
        assert 'name="value.input.most"' in asked.text
        assert len(backend.requests) == before
        form["value.input.most"] = "9"
        tried = await faces.http.post(f"/ui/calls/{ACTION}", data=form)
        assert b"GET /things?limit=9 " in backend.requests[-1]
        assert "Schema learnt of it" in tried.text
        again = (await faces.http.get(f"/ui/{ACTION}")).text
        assert 'name="value.input.most" value="9"' in unescape(again)


async def test_a_mistake_of_ours_is_a_page(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_shop(tmp_path) as (faces, _):
        faces.parts.catalog.connectors = None  # type: ignore[method-assign,assignment]  # breaks it
        page = await faces.http.get("/ui/connectors")
        assert page.status_code == 500
        assert page.headers["content-type"].startswith("text/html")
        assert "A bug of ours. Error id:" in page.text
        assert "TypeError" not in page.text
    assert "TypeError" in caplog.text
