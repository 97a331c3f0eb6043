"""The process that reads large documents: what it gives, and what becomes of it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from facade.catalog.catalog import Catalog
from facade.catalog.examiner import SMALL, TRIES, Examiner
from facade.catalog.examining import MEMORY, done
from facade.catalog.reading import How, compiled, taken
from facade.catalog.sourcing import Intake
from facade.errors.caller import InvalidSpec
from facade.model.change import Create, Draft
from facade.spec.examination import examine
from facade.spec.limits import DEFAULT
from facade.stores.ledger import SqlLedger
from tests.bench.contents import wide_document
from tests.catalogs import PETS, call, named, no_fetch, promote

READ = partial(examine, limits=DEFAULT)
LARGE = SMALL + 1
WIDE = json.dumps(wide_document(60))


@pytest.fixture
async def examiner() -> AsyncIterator[Examiner]:
    async with Examiner() as opened:
        yield opened


async def number(examiner: Examiner) -> int:
    return await examiner.run(LARGE, os.getpid)


async def gone(process: int) -> None:
    async with asyncio.timeout(10):
        with suppress(ProcessLookupError):
            while True:
                os.kill(process, 0)
                await asyncio.sleep(0.01)


async def test_a_large_document_is_read_in_a_process_of_its_own(examiner: Examiner) -> None:
    assert len(WIDE) > SMALL
    found = await examiner.run(len(WIDE), taken, READ, WIDE, How.TOLD)
    here = taken(READ, WIDE, How.TOLD)
    assert found.text == here.text
    assert found.read.spec.ids == here.read.spec.ids
    assert (found.read.problems, found.read.mapping) == (here.read.problems, here.read.mapping)
    assert await number(examiner) == await number(examiner) != os.getpid()


async def test_what_lies_in_the_working_directory_is_not_run(
    examiner: Examiner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "struct.py").write_text("raise SystemExit", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert await number(examiner) != os.getpid()


async def test_a_small_one_is_read_at_once(examiner: Examiner) -> None:
    assert await examiner.run(SMALL, os.getpid) == os.getpid()


async def test_what_is_wrong_with_a_document_is_raised_here(examiner: Examiner) -> None:
    with pytest.raises(InvalidSpec, match="line 1, column 2") as refusal:
        await examiner.run(LARGE, compiled, READ, "{]")
    assert refusal.value.details.violations
    with pytest.raises(ZeroDivisionError):
        await examiner.run(LARGE, divmod, 1, 0)


async def test_one_that_has_ended_is_replaced(examiner: Examiner) -> None:
    first = await number(examiner)
    os.kill(first, signal.SIGKILL)
    assert await number(examiner) not in {first, os.getpid()}


async def test_a_document_that_ends_it_is_refused_and_the_next_one_is_read(
    examiner: Examiner,
) -> None:
    with pytest.raises(InvalidSpec, match=f"ended over it {TRIES} times"):
        await examiner.run(LARGE, os._exit, 1)
    assert await number(examiner) != os.getpid()


async def test_what_nobody_waits_for_any_more_is_not_done(examiner: Examiner) -> None:
    process = await number(examiner)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await examiner.run(LARGE, signal.pause)
    await gone(process)
    assert await number(examiner) != process


async def test_what_starts_it_may_have_grown_larger_than_it_ever_will() -> None:
    small = "import facade.catalog.examining as it; it.GROWN = 100 * 2**20; it.main()"
    grown = bytearray(os.urandom(2**20)) * 150
    async with Examiner((sys.executable, "-c", small)) as examiner:
        assert await number(examiner) == await number(examiner) != os.getpid()
    assert len(grown) > 100 * 2**20


async def test_one_that_has_grown_is_replaced() -> None:
    small = "import facade.catalog.examining as it; it.GROWN = 100 * 2**20; it.main()"
    async with Examiner((sys.executable, "-c", small)) as examiner:
        first = await number(examiner)
        await examiner.run(LARGE, exec, "import gc; gc.kept = b'x' * (200 * 2**20)")
        assert await number(examiner) != first


async def test_where_no_process_can_be_had_a_thread_does_it() -> None:
    async with Examiner(("/nowhere",)) as examiner:
        assert await number(examiner) == os.getpid()


async def test_it_ends_with_those_who_have_started_it() -> None:
    async with Examiner() as examiner:
        process = await number(examiner)
    await gone(process)
    lost = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "facade.catalog.examining"), stdin=asyncio.subprocess.PIPE
    )
    assert lost.stdin is not None
    lost.stdin.close()
    async with asyncio.timeout(10):
        assert await lost.wait() == 0


def test_a_document_that_takes_too_much_memory_is_refused() -> None:
    def greedy() -> None:
        raise MemoryError

    found, refusal = done(greedy, ())
    assert not found
    assert isinstance(refusal, InvalidSpec)
    assert f"{MEMORY >> 30} GiB" in refusal.message


async def test_versions_of_large_documents_are_published_and_followed(
    ledger: SqlLedger, examiner: Examiner
) -> None:
    catalogs = [Catalog(ledger, READ, no_fetch, intake=Intake(run=examiner.run)) for _ in range(2)]
    create = Create(version_id="v1", draft=Draft(spec_text=WIDE))
    (made,) = await catalogs[0].manage(PETS, [create])
    await catalogs[0].manage(PETS, [promote("v1")])
    await catalogs[1].refresh()
    assert made.action_count == 60
    for each in catalogs:
        _, action = each.resolve(call("live", "getThing7"))
        assert (action.path, action.problems) == ("/things-7/{id}", ())
        assert len(await each.spec(each.version(named("v1")))) == 60
