"""Schemathesis as a process: what it finds where a document and its server do not agree."""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.processes import ROOT, environ

COMMAND = Path(sys.executable).with_name("schemathesis")
HOOKS = Path(__file__).with_name("fuzz_hooks.py")

CONFIGURATION = """
hooks = "{hooks}"
seed = 1
continue-on-failure = true
warnings = false
request-timeout = 10.0

[cache]
enabled = false

[generation]
deterministic = true
max-examples = {examples}

[phases.stateful]
enabled = {real}

[checks]
ignored_auth.enabled = {real}
response_headers_conformance.enabled = {real}
"""

LARGE = """
[[operations]]
include-operation-id = [
    "createConnector", "manageVersions", "streamAction", "updateConnection", "updateSubject",
]
phases.coverage.enabled = false
"""
"""What a short run leaves out: each value of each field of a version, and of what another operation
takes as well."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is tried."""

    examples: int
    """So many a phase takes of each operation."""
    short: bool
    """Whether what takes thousands of requests is left out."""
    real: bool = True
    """Whether the backend does what it tells; one of samples knows no keys and keeps nothing."""


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What came of one document."""

    report: dict[str, Any] = field(repr=False)
    """As schemathesis writes it."""
    said: str = field(repr=False)
    """What it printed: each failure with a request that shows it."""

    @property
    def complaints(self) -> str:
        """Nothing where every operation was tried and nothing is wrong."""
        counts = self.report["operations"] or {}
        wrong = self.report["failures"] or self.report["errors"] or not self.report["complete"]
        tried = counts.get("tested") == counts.get("total", 0) > 0
        return "" if tried and not wrong else f"{counts}\n{self.said}"


async def fuzz(url: str, folder: Path, effort: Effort) -> Campaign:
    """Tries every operation of a document with what it allows, and with what it does not.

    What schemathesis keeps for its next run stays in the folder.
    """
    configuration, report = folder / "configuration.toml", folder / "report.json"
    real = str(effort.real).lower()
    text = CONFIGURATION.format(hooks=HOOKS, examples=effort.examples, real=real)
    configuration.write_text(text + (LARGE if effort.short else ""))
    process = await asyncio.create_subprocess_exec(
        *(COMMAND, "--config-file", configuration, "run", url),
        *("--no-color", "--report-json-path", report),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environ({"PYTHONPATH": str(ROOT)}),
        cwd=folder,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert report.exists(), said.decode()
    return Campaign(report=json.loads(report.read_text()), said=said.decode())
