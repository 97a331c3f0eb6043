"""A gateway that counts its bytecodes and frames, from one signal to another.

Arguments: those of `python -m gateway`. What it has counted goes to a file in the folder that
BENCH_COUNTS names, called like the process: by part of the house, [bytecodes, frames].
"""

import json
import os
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

FOLDER = "BENCH_COUNTS"
BEGIN, END = signal.SIGUSR1, signal.SIGUSR2
ROOT = Path(__file__).parents[2]
LIBRARY = "Python's library"


class Counts:
    """What the thread that it is made in has executed, of every function."""

    def __init__(self, file: Path) -> None:
        """Takes where it goes."""
        self._file = file
        self._bytecodes: Counter[CodeType] = Counter()
        self._frames: Counter[CodeType] = Counter()

    def begin(self, *_: object) -> None:
        """Counts from now on, and forgets what it has counted."""
        self._bytecodes.clear()
        self._frames.clear()
        sys.settrace(self._trace)

    def end(self, *_: object) -> None:
        """Counts no more, and tells."""
        sys.settrace(None)
        told: dict[str, list[int]] = {}
        for column, counter in enumerate((self._bytecodes, self._frames)):
            for code, count in counter.items():
                told.setdefault(part_of(code.co_filename), [0, 0])[column] += count
        written = self._file.with_suffix(".part")
        written.write_text(json.dumps(told), encoding="utf-8")
        written.rename(self._file)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            self._bytecodes[frame.f_code] += 1
        elif event == "call":
            self._frames[frame.f_code] += 1
        return self._trace


def part_of(file: str) -> str:
    """Which part a file belongs to: `facade.policy`, a package that is installed, or Python's."""
    *_, outside, inside = ("", *file.rpartition("site-packages/"))
    if outside:
        return inside.partition("/")[0].removesuffix(".py")
    if not file.startswith(f"{ROOT}/"):
        return LIBRARY
    folders = Path(file).relative_to(ROOT).parent.parts
    return ".".join(folders[:2])


def main() -> None:
    """Runs the gateway."""
    counts = Counts(Path(os.environ[FOLDER], f"{os.getpid()}.json"))
    signal.signal(BEGIN, counts.begin)
    signal.signal(END, counts.end)
    runpy.run_module("gateway", run_name="__main__")


if __name__ == "__main__":
    main()
