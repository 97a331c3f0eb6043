"""`portico demo` as a process, and what it prints."""

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import PORTICO, READY, ROOT, environ

LAST = "Ctrl-C ends it."


@dataclass
class Demo:
    """A demo that runs."""

    process: asyncio.subprocess.Process
    text: str

    @property
    def address(self) -> str:
        found = re.search(r"ready on (\S+?)(,|\s)", self.text)
        assert found
        return found[1]

    @property
    def http(self) -> str:
        """Where its HTTP face is."""
        return self.text.partition("/docs")[0].split()[-1]

    @property
    def commands(self) -> list[str]:
        """What stands behind the command on the lines that try it."""
        lines = self.text.partition("With the command:")[2].split("\n\n")[0].splitlines()
        return [re.sub(r"^  (\S*portico|\S+ -m gateway) ", "", line) for line in lines if line]

    def bodies(self) -> list[str]:
        """What grpcurl is told to send."""
        lines = [line for line in self.text.replace("\\\n", "").splitlines() if " -d " in line]
        return [shlex.split(line)[3] for line in lines]


@asynccontextmanager
async def a_demo(folder: Path, *flags: str) -> AsyncIterator[Demo]:
    """`portico demo` with its temporary files in a folder of the test."""
    process = await asyncio.create_subprocess_exec(
        *(*PORTICO, "demo", *flags),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environ({"TMPDIR": str(folder)}),
        cwd=ROOT,
    )
    assert process.stdout is not None
    text = ""
    try:
        async with asyncio.timeout(READY):
            async for line in process.stdout:
                text += line.decode()
                if LAST in text:
                    break
        assert LAST in text, text
        yield Demo(process, text)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
