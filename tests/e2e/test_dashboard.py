"""The dashboard in a browser: Debian's Chromium, driven by Playwright, before `portico demo`."""

import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from tests.demos import a_demo

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
SERIOUS = frozenset({"serious", "critical"})
ACTIONS = "connectors/petstore/versions/live/actions"
VERSION = "connectors/petstore/versions/v1"
PAGES = (
    "",
    "connectors",
    "connectors/petstore",
    VERSION,
    f"{VERSION}/mapping",
    "actions",
    f"{ACTIONS}/addPet",
    "connections",
)
WHOLE = ("flows", "runs", "events", "history", "traces", "alerts", "sign-in", "nothing")

MADE: Mapping[str, Mapping[str, Any]] = {
    "connections?connectionId=berlin": {"connector": "petstore", "title": "Berlin"},
    "subscriptions?subscriptionId=ops": {
        "types": ["run.*"],
        "url": "https://ops.example/hook",
        "secret": "secret:hook",
    },
    "alerts?alertId=idle": {"metric": "METRIC_CALLS", "below": 1, "title": "Nobody calls"},
    "flows?flowId=shown": {"source": "steps: [{id: gone, action: petstore/getInventory}]"},
    "flows/shown:publish": {"version": "v1"},
    "flows/shown:run": {},
}
"""What there is of each kind for pages of one, by where it is made."""

playwright: Any = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no `chromium` on the PATH"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Any]:
    """A browser for all tests."""
    async with playwright.async_playwright() as driver:
        opened = await driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where the dashboard of a demo is, until all tests are done."""
    flags = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0")
    async with a_demo(tmp_path_factory.mktemp("demo"), *flags) as demo:
        yield f"{demo.http}/ui/"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def furnished(browser: Any, address: str) -> str:
    """The same dashboard, with one of each kind to be looked at."""
    async with a_page(browser) as (page, _):
        for path, what in MADE.items():
            made = await page.request.post(f"{address.removesuffix('ui/')}v1/{path}", data=what)
            assert made.ok, await made.text()
    return address


@asynccontextmanager
async def a_page(browser: Any, **options: Any) -> AsyncIterator[tuple[Any, list[str]]]:
    """A page of its own, and all that its console complains of."""
    context = await browser.new_context(**options)
    page, said = await context.new_page(), []
    page.on("console", lambda each: said.append(each.text) if each.type == "error" else None)
    page.on("pageerror", lambda each: said.append(str(each)))
    try:
        yield page, said
    finally:
        await context.close()


async def test_an_action_is_tried_and_its_error_explained(browser: Any, address: str) -> None:
    async with a_page(browser) as (page, said):
        await page.goto(f"{address}{ACTIONS}/getPetById")
        await page.get_by_label("petId").fill("9007199254740993")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#answer .s2")
        assert "9007199254740993" in await page.inner_text("#answer .tree")
        assert "9007199254740993" in await page.inner_text("#snippets")
        await page.get_by_label("petId").fill("1")
        await page.get_by_role("button", name="Try it").click()
        await page.wait_for_selector("#answer .fault")
        assert "BACKEND_NOT_FOUND" in await page.inner_text("#answer")
        assert "REMEDY" in (await page.inner_text("#answer")).upper()
        await page.get_by_role("link", name="trace", exact=True).click()
        await page.wait_for_selector(".fall .bar")
        assert said == []


FLOW = """
steps:
  - {id: first, wait: 500ms}
  - {id: gone, action: petstore/getPetById, arguments: {petId: 1}}
"""


async def test_a_flow_is_watched_while_it_runs(browser: Any, address: str) -> None:
    async with a_page(browser) as (page, said):
        api = address.removesuffix("ui/") + "v1/flows"
        made = await page.request.post(f"{api}?flowId=pets", data={"source": FLOW})
        assert made.ok, await made.text()
        await page.goto(f"{address}flows/pets")
        await page.get_by_role("button", name="Publish v1").click()
        await page.get_by_role("button", name="Run v1").click()
        await page.wait_for_selector("[data-live] .chip.failed")
        assert "/runs/" in page.url
        assert "BACKEND_NOT_FOUND" in await page.inner_text("#run .card.bad")
        assert await page.locator("#run .fall .bar").count() == 2
        await playwright.expect(page.locator("#say")).to_contain_text("ended")
        assert said == []


async def test_a_run_is_cancelled_while_it_is_watched(browser: Any, address: str) -> None:
    async with a_page(browser) as (page, said):
        api = address.removesuffix("ui/") + "v1/flows"
        source = "steps: [{id: short, wait: 1ms}, {id: long, wait: 300s}]"
        made = await page.request.post(f"{api}?flowId=slow", data={"source": source})
        assert made.ok, await made.text()
        await page.goto(f"{address}flows/slow")
        await page.get_by_role("button", name="Publish v1").click()
        await page.get_by_role("button", name="Run v1").click()
        await page.wait_for_selector("#run .fall .busy .bar")
        await page.get_by_role("button", name="Cancel").focus()
        before = await page.inner_text("#run .fall .busy td:nth-of-type(3)")
        await playwright.expect(
            page.locator("#run .fall .busy td:nth-of-type(3)")
        ).not_to_have_text(before)
        await playwright.expect(page.get_by_role("button", name="Cancel")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#run .chip.cancelled")
        assert said == []


async def test_a_key_is_signed_in_with_and_out(browser: Any, address: str) -> None:
    async with a_page(browser) as (page, said):
        asked = {"grants": [{"role": "ROLE_VIEWER"}]}
        api = address.removesuffix("ui/") + "v1/keys"
        made = await page.request.post(f"{api}?keyId=browser", data=asked)
        assert made.ok, await made.text()
        await page.goto(f"{address}sign-in?next=actions")
        await page.get_by_label("API key").fill("portico_browser_wrong")
        await page.keyboard.press("Enter")
        await playwright.expect(page.get_by_role("alert")).to_contain_text("Nobody is known")
        said.clear()  # the browser complains of 401
        await page.get_by_label("API key").fill((await made.json())["data"]["text"])
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/ui/actions")
        assert "key:browser" in await page.inner_text(".who")
        cookies = await page.context.cookies()
        assert [each["httpOnly"] for each in cookies] == [True]
        await page.goto(f"{address}{ACTIONS}/addPet")
        assert await page.get_by_role("button", name="Try it").count() == 0
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url("**/ui/sign-in")
        assert await page.context.cookies() == []
        assert said == []


async def test_what_is_wrong_with_a_form_is_told_beside_it(browser: Any, address: str) -> None:
    async with a_page(browser) as (page, said):
        await page.goto(f"{address}alerts")
        await page.get_by_label("Name").fill("errors")
        await page.get_by_label("Threshold").fill("many")
        await page.get_by_label("Mail to").fill("ops@example.com")
        await page.get_by_role("button", name="Create the alert").click()
        await playwright.expect(page.locator("#said")).to_contain_text("many is no number")
        await page.get_by_label("Threshold").fill("0.05")
        await page.get_by_role("button", name="Create the alert").click()
        await playwright.expect(page.locator("#said")).to_contain_text("set smtp")
        await page.get_by_label("Mail to").fill("")
        await page.get_by_role("button", name="Create the alert").click()
        await page.get_by_role("link", name="errors").click()
        await page.get_by_label("Threshold").fill("0.25")
        await page.get_by_role("button", name="Save the alert").click()
        await page.wait_for_selector("td:has-text('above 0.25')")
        await page.get_by_text("Delete errors").click()
        await page.get_by_role("button", name="Delete it").click()
        await page.wait_for_selector("h2:has-text('No alert yet')")
        assert said == []


async def test_the_keyboard_is_enough(browser: Any, address: str) -> None:
    async with a_page(browser) as (page, said):
        await page.goto(address)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "Skip to content"
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"
        await page.get_by_role("button", name="Theme").focus()
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.documentElement.dataset.theme") == "light"
        await page.keyboard.press("Enter")
        await page.reload()
        assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert said == []


async def test_a_search_finds_while_one_types(browser: Any, address: str) -> None:
    async with a_page(browser) as (page, said):
        await page.goto(f"{address}actions")
        await page.get_by_role("searchbox").press_sequentially("inventory")
        await playwright.expect(page.locator("#found tbody tr")).to_have_count(2)
        assert "getInventory" in await page.inner_text("#found")
        assert said == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
async def test_no_page_is_wider_than_its_window(
    browser: Any, furnished: str, scheme: str, width: int, request: pytest.FixtureRequest
) -> None:
    """`--shots FOLDER` keeps pictures; `--axe FILE` is axe-core, which finds no serious fault."""
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    axe, shots = request.config.getoption("--axe"), request.config.getoption("--shots")
    async with a_page(browser, **options, bypass_csp=axe is not None) as (page, said):
        for name, path in (await every_page(page, furnished)).items():
            await page.goto(furnished + path)
            wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, path
            if shots is not None:
                file = shots / f"{name}-{scheme}-{width}.png"
                await page.screenshot(path=file, full_page=True)
            if axe is not None:
                await page.evaluate(axe.read_text())
                found = serious((await page.evaluate("axe.run()"))["violations"])
                assert found == [], path
        assert [each for each in said if "404" not in each] == []


async def every_page(page: Any, address: str) -> dict[str, str]:
    """The paths of all pages by their names, of lists the first page that they lead to, too."""
    found = {path.rpartition("/")[2] or "overview": path for path in (*PAGES, *WHOLE)}
    for each in ("connections", "flows", "runs", "events", "history", "traces", "alerts"):
        await page.goto(address + each)
        link = page.locator("tbody th a").first
        found[f"one-{each}"] = (await link.get_attribute("href")).removeprefix("./")
    return found


def serious(violations: Sequence[Any]) -> list[str]:
    """Those that keep somebody out."""
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in violations
        if each["impact"] in SERIOUS
    ]
