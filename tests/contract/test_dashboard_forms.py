"""The dashboard's forms of who is told what: alerts and subscriptions, and what history finds."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from facade.model.access import Role
from tests.dashboards import a_key, a_shop, filled, signed_in
from tests.faces import Faces

MAIL = {"smtp": "smtp://127.0.0.1:9"}
"""A server that takes mails; none is sent here."""
PART = {"hx-request": "true", "hx-current-url": "http://portico.test/ui/alerts"}
ALERT = {
    "id": "errors",
    "metric": "ERROR_RATE",
    "sign": "above",
    "threshold": "0.05",
    "minutes": "5",
    "least_calls": "1",
    "mail": "ops@example.com, me@example.com",
}


def entered(page: str) -> dict[str, str]:
    """What stands in the fields of a page, as a browser would send it."""
    found = dict(re.findall(r'<input (?:[^>]* )?name="(\w+)" value="([^"]*)"', page))
    for name, choices in re.findall(r'<select [^>]*name="(\w+)">(.*?)</select>', page):
        [chosen] = re.findall(r"<option[^>]* selected>([^<]*)", choices)
        found[name] = chosen.upper().replace(" ", "_") if name == "metric" else chosen
    return {name: unescape(value) for name, value in found.items()}


async def posted(faces: Faces, path: str, form: dict[str, str], **more: Any) -> httpx.Response:
    """What a form's answer is."""
    return await faces.http.post(f"/ui/{path}", data=form, **more)


async def test_an_alert_is_made_muted_and_deleted_by_form(tmp_path: Path) -> None:
    async with a_shop(tmp_path, **MAIL) as (faces, _):
        wrong = await posted(faces, "alerts", {**ALERT, "threshold": "many"})
        assert wrong.status_code == 400
        assert "threshold" in wrong.text
        made = await posted(faces, "alerts", ALERT, headers=PART)
        assert (made.status_code, made.headers["hx-redirect"]) == (204, "./alerts")
        assert "me@example.com" in (await faces.http.get("/ui/alerts")).text
        for deed, said in (("mute", "muted"), ("unmute", "ok"), ("delete", "No alert yet")):
            done = await posted(faces, f"alerts/errors/{deed}", {"a": "b"})
            assert done.url.join(done.headers["location"]).path == "/ui/alerts"
            assert said in (await faces.http.get("/ui/alerts")).text
        gone = await posted(faces, "alerts/errors/mute", {"a": "b"})
        assert gone.status_code == 404


async def test_an_alert_is_edited_by_form_and_keeps_what_is_not_touched(tmp_path: Path) -> None:
    async with a_shop(tmp_path, **MAIL) as (faces, _):
        await posted(faces, "alerts", {**ALERT, "least_calls": "20", "title": "Errors"})
        before = (await faces.http.get("/v1/alerts/errors")).json()["data"]
        form = entered((await faces.http.get("/ui/alerts/errors")).text)
        done = await posted(faces, "alerts/errors/update", form)
        assert done.is_redirect, done.text
        same = (await faces.http.get("/v1/alerts/errors")).json()["data"]
        changing = {"etag", "updateTime"}
        assert {each: same[each] for each in same.keys() - changing} == {
            each: before[each] for each in before.keys() - changing
        }
        stale = await posted(faces, "alerts/errors/update", form, headers=PART)
        assert "ETAG_MISMATCH" in stale.text
        form = entered((await faces.http.get("/ui/alerts/errors")).text)
        form |= {"sign": "below", "metric": "CALLS", "threshold": "3", "minutes": "7.5", "mail": ""}
        assert (await posted(faces, "alerts/errors/update", form)).is_redirect
        after = (await faces.http.get("/v1/alerts/errors")).json()["data"]
        assert (after["metric"], after["below"], after["window"]) == ("METRIC_CALLS", 3, "450s")
        assert after.keys().isdisjoint({"above", "mail"})


@pytest.mark.parametrize("field", ["least_calls", "minutes", "threshold"])
async def test_a_form_that_says_no_number_names_the_field(tmp_path: Path, field: str) -> None:
    async with a_shop(tmp_path, **MAIL) as (faces, _):
        for said in ("", "x", "nan" if field == "least_calls" else "1e"):
            refused = await posted(faces, "alerts", {**ALERT, field: said})
            assert refused.status_code == 400, said
            assert f"<code>{field}</code>" in refused.text, said


async def test_mail_that_nobody_sends_is_refused_in_the_form(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, _):
        assert "needs the setting" in (await faces.http.get("/ui/alerts")).text
        refused = await posted(faces, "alerts", ALERT)
        assert refused.status_code == 400
        assert "set <code>smtp</code>" in refused.text


async def test_a_subscription_is_made_edited_and_deleted_by_form(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        form = {"id": "ops", "types": "run.failed, run.ended", "url": f"{backend.origin}/hook"}
        wrong = await posted(faces, "events/subscriptions", {**form, "url": "nowhere"})
        assert wrong.status_code == 400
        form["secret"] = "secret:hook"
        made = await posted(faces, "events/subscriptions", form)
        assert made.status_code == 303, made.text
        assert "run.failed, run.ended" in (await faces.http.get("/ui/events")).text
        shown = entered((await faces.http.get("/ui/events/subscriptions/ops")).text)
        assert shown["url"] == form["url"]
        edited = {**shown, "types": "alert.*", "filter": "event.type != ''", "title": "Ops"}
        done = await posted(faces, "events/subscriptions/ops/update", edited)
        assert done.url.join(done.headers["location"]).path == "/ui/events"
        after = (await faces.http.get("/v1/subscriptions/ops")).json()["data"]
        assert (after["types"], after["filter"]) == (["alert.*"], "event.type != ''")
        assert (after["title"], after["secret"]) == ("Ops", "secret:hook")
        stale = await posted(faces, "events/subscriptions/ops/update", edited)
        assert stale.status_code == 409
        assert (await posted(faces, "events/subscriptions/ops/delete", {"a": "b"})).is_redirect
        assert "Nobody is sent events" in (await faces.http.get("/ui/events")).text


async def test_whoever_may_only_look_cannot_edit(tmp_path: Path) -> None:
    async with a_shop(tmp_path, **MAIL) as (faces, backend):
        await posted(faces, "alerts", ALERT)
        form = {"id": "ops", "types": "run.failed", "url": backend.origin, "secret": "secret:hook"}
        await posted(faces, "events/subscriptions", form)
        await signed_in(faces, await a_key(faces, "viewer", Role.VIEWER))
        for path in ("alerts/errors", "events/subscriptions/ops"):
            shown = await faces.http.get(f"/ui/{path}")
            assert "Save the" not in shown.text
            assert '<fieldset class="bare" disabled>' in shown.text
            assert (await posted(faces, f"{path}/update", ALERT)).status_code == 403


async def test_history_is_filtered_as_the_api_filters_it(tmp_path: Path) -> None:
    async with a_shop(tmp_path) as (faces, backend):
        assert "No call yet" in (await faces.http.get("/ui/history")).text
        await filled(faces, backend)
        for text, said in (("connector = shop", "shop/listThings"), ("ok = false", "None is like")):
            shown = await faces.http.get("/ui/history", params={"filter": text})
            assert shown.status_code == 200, shown.text
            assert said in shown.text, text
        refused = await faces.http.get("/ui/history", params={"filter": "nothing = 1"})
        assert refused.status_code == 400
        assert 'value="nothing = 1"' in refused.text
        assert "Remedy" in refused.text


async def test_who_keeps_no_history_is_told_how_to(tmp_path: Path) -> None:
    async with a_shop(tmp_path, history_days=0) as (faces, _):
        assert "history_days" in (await faces.http.get("/ui/history")).text
