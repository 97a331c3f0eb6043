"""The dashboard's pages of what runs by itself, of what happened, and of what it came to."""

import json
import re
from html import unescape
from pathlib import Path

from facade.model.access import Role
from tests.dashboards import EVIL, a_key, a_shop, filled, signed_in

FLOW = f"""
title: {json.dumps(EVIL)}
description: {json.dumps(EVIL)}
steps:
  - {{id: fetch, title: {json.dumps(EVIL)}, action: shop/listThings}}
  - id: maybe
    choose:
      - when: "1 < 2"
        steps: [{{id: normal, map: "{{name: name}}", from: steps.fetch.output}}]
  - {{id: check, validate: [{{that: "1 > 2", message: {json.dumps(EVIL)}}}]}}
output:
  - {{id: kept, save: things, value: steps.fetch.output}}
"""
PAGES = ("flows", "flows/things", "runs", "runs?state=FAILED", "events", "history", "alerts", "")


async def test_a_flow_is_published_run_and_looked_at(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        made = await faces.http.post("/v1/flows?flowId=things", json={"source": FLOW})
        assert made.status_code == 200, made.text
        form = {"version": "v1", "input": "null"}
        done = await faces.http.post("/ui/flows/things/publish", data=form)
        assert done.status_code == 303, done.text
        assert done.headers["location"] == "../things"
        begun = await faces.http.post("/ui/flows/things/run", data=form)
        assert begun.status_code == 303, begun.text
        run = begun.url.join(begun.headers["location"]).path
        told = await faces.http.get(f"{run}/events")
        assert told.headers["content-type"].startswith("text/event-stream")
        assert told.text.rstrip().endswith("data: The run has ended: failed")
        ways = set(re.findall(r'"((?:\.\./)+)flows/', unescape(told.text)))
        assert ways == {"../../../"}  # from the page, not from its stream
        page = (await faces.http.get(run)).text
        for said in ("VALIDATION_FAILED", "Remedy", "Replay from"):
            assert said in page, page
        for path in PAGES:
            shown = await faces.http.get(f"/ui/{path}")
            assert shown.status_code == 200, shown.text
            for hostile in ("<script>alert", "<img", "778743"):
                assert hostile not in shown.text + page + told.text, path
        [one, *_] = re.findall(r'href="\./(history/[\w-]+)"', unescape(shown.text))
        assert (await faces.http.get(f"/ui/{one}")).status_code == 200
        for deed, state in (("suspend", "suspended"), ("resume", "active")):
            assert (await faces.http.post(f"/ui/flows/things/{deed}", data=form)).is_redirect
            assert state in (await faces.http.get("/ui/flows/things")).text


async def test_a_delivery_that_was_given_up_is_sent_again(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, _):
        page = await faces.http.get("/ui/events")
        assert "Nobody is sent events" in page.text
        again = await faces.http.post("/ui/events/deliveries/none/redeliver", data={"a": "b"})
        assert again.status_code == 404
        assert "Remedy" in again.text


async def test_whoever_may_only_look_is_shown_no_buttons(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        await filled(faces, backend)
        made = await faces.http.post("/v1/flows?flowId=things", json={"source": FLOW})
        assert made.status_code == 200, made.text
        await signed_in(faces, await a_key(faces, "viewer", Role.VIEWER))
        page = (await faces.http.get("/ui/flows/things")).text
        assert "Publish v1" not in page
        assert "Run v1" not in page
        for deed in ("publish", "run", "suspend", "resume"):
            refused = await faces.http.post(f"/ui/flows/things/{deed}", data={"version": "v1"})
            assert refused.status_code == 403, deed
        limited = await a_key(faces, "limited", Role.ADMIN, connectors=("shop",))
        await signed_in(faces, limited)
        for path in ("flows", "flows/things", "runs", "events", "history", "alerts"):
            assert (await faces.http.get(f"/ui/{path}")).status_code == 403, path


async def test_an_alert_is_made_muted_and_deleted_by_form(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, _):
        form = {"id": "errors", "metric": "ERROR_RATE", "sign": "above", "threshold": "0.05"}
        form |= {"minutes": "5", "mail": "ops@example.com, me@example.com"}
        wrong = await faces.http.post("/ui/alerts", data={**form, "threshold": "many"})
        assert wrong.status_code == 400
        assert "threshold" in wrong.text
        part = {"hx-request": "true", "hx-current-url": "http://portico.test/ui/alerts"}
        made = await faces.http.post("/ui/alerts", data=form, headers=part)
        assert (made.status_code, made.headers["hx-redirect"]) == (204, "./alerts")
        assert "me@example.com" in (await faces.http.get("/ui/alerts")).text
        for deed, said in (("mute", "muted"), ("unmute", "ok"), ("delete", "No alert yet")):
            done = await faces.http.post(f"/ui/alerts/errors/{deed}", data={"a": "b"})
            assert done.url.join(done.headers["location"]).path == "/ui/alerts"
            assert said in (await faces.http.get("/ui/alerts")).text
        gone = await faces.http.post("/ui/alerts/errors/mute", data={"a": "b"})
        assert gone.status_code == 404


async def test_a_subscription_is_made_and_deleted_by_form(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        form = {"id": "ops", "types": "run.failed, run.ended", "url": f"{backend.origin}/hook"}
        wrong = await faces.http.post("/ui/events/subscriptions", data={**form, "url": "nowhere"})
        assert wrong.status_code == 400
        form["secret"] = "secret:hook"
        made = await faces.http.post("/ui/events/subscriptions", data=form)
        assert made.status_code == 303, made.text
        assert "run.failed, run.ended" in (await faces.http.get("/ui/events")).text
        deleted = await faces.http.post("/ui/events/subscriptions/ops/delete", data={"a": "b"})
        assert deleted.status_code == 303
        assert "Nobody is sent events" in (await faces.http.get("/ui/events")).text
