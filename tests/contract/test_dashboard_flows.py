"""The dashboard's pages of what runs by itself, of what happened, and of what it came to."""

import json
import re
from html import unescape
from pathlib import Path

import httpx

from facade.model.access import Role
from tests.dashboards import EVIL, a_key, a_shop, filled, signed_in
from tests.tenants import two_tenants

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


SAVING = """
steps:
  - {id: short, wait: 1ms}
output:
  - {id: kept, save: names, value: "'NAME'"}
"""


async def saved(http: httpx.AsyncClient) -> str:
    """Publishes and runs the flow until it has saved a name; answers the page of its run."""
    form = {"version": "v1", "input": "null"}
    assert (await http.post("/ui/flows/names/publish", data=form)).is_redirect
    begun = await http.post("/ui/flows/names/run", data=form)
    run = begun.url.join(begun.headers["location"]).path
    told = await http.get(f"{run}/events")
    assert told.text.rstrip().endswith("data: The run has ended: succeeded"), told.text
    return run


async def test_flows_of_one_name_show_their_own_tenants_runs_and_records(tmp_path: Path) -> None:
    async with two_tenants(tmp_path) as (shop, bank):
        runs = []
        for tenant, name in ((shop, "adams"), (bank, "bloggs")):
            made = {"flowId": "names", "flow": {"source": SAVING.replace("NAME", name)}}
            assert (await tenant.fetches("CreateFlow", made)).status_code == 200
            await signed_in(tenant.faces, tenant.key)
            runs.append(await saved(tenant.faces.http))
        http = bank.faces.http
        for path, own in (("flows/names", True), ("runs", False)):
            page = (await http.get(f"/ui/{path}")).text
            assert ("bloggs" in page) is own
            assert "adams" not in page
            assert [each.rpartition("/")[2] in page for each in runs] == [False, True]
        assert [(await http.get(each)).status_code for each in runs] == [404, 200]


async def test_a_flow_that_is_made_again_has_nothing_of_the_deleted_one(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, _):
        http, runs = faces.http, []
        for name in ("adams", "bloggs"):
            source = SAVING.replace("NAME", name).replace("names,", f"names-{name},")
            made = await http.post("/v1/flows?flowId=names", json={"source": source})
            assert made.status_code == 200, made.text
            assert (await http.get("/v1/flows/names/records")).json()["data"]["records"] == []
            assert "Last runs</h2>\n<p" in (await http.get("/ui/flows/names")).text
            runs.append(await saved(http))
            page = (await http.get("/ui/flows/names")).text
            shown = [each for each in runs if each.rpartition("/")[2] in page]
            assert shown == runs[-1:]
            assert (await http.delete("/v1/flows/names")).status_code == 204
        assert (await http.get(runs[0])).status_code == 200  # for as long as runs are kept
