"""The short form of the bench runs to its end, and reports all that it can measure here.

Its figures are for whoever reads them: on a machine that has other work they prove nothing.
"""

import asyncio
import json
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")


@pytest.mark.timeout(120)
async def test_the_short_form_reports_its_bars() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(RUN), "--short", "--slack", "1.5", "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, (out.decode(), err.decode()[-2000:])
    report = json.loads(out)
    print(json.dumps(report["bars"], indent=1))

    assert report["failed"] == {}
    assert {bar["id"] for bar in report["bars"]} == {"P4", "P5", "P8", "P9"}
    for bar in report["bars"]:
        envoy = "Envoy" in bar["bar"] and bool(report["absent"])
        assert (bar["verdict"] == "not run") is envoy, bar
        assert envoy or bar["reached"] > 0
    assert all("envoy" in why for why in report["absent"].values())
