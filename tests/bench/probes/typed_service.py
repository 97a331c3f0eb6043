"""What it takes to make the typed service of a document: CPU seconds and MB, in a fresh process.

`python -m tests.bench.probes.typed_service FILE`: for each step, with what is held beyond the
document at its end. GitHub's document is api.github.com.json of npm's @octokit/openapi.
"""

import gc
import re
import sys
from pathlib import Path
from time import process_time
from typing import Any

from msgspec import structs

from facade.spec.load import load
from facade.spec.spec import Spec
from facade.spec.typed.numbers import numbered
from facade.spec.typed.service import typed
from gateway.typed.descriptors import pool_of

PACKAGE, SERVICE = "large.v1", "LargeService"


class Steps:
    """Prints what each step took."""

    def __init__(self) -> None:
        """Begins now."""
        gc.collect()
        self._held = self._peak = _megabytes("VmRSS")
        self._start = self._last = process_time()
        Path("/proc/self/clear_refs").write_text("5")  # the peak is what is held now

    def done(self, name: str, found: Any) -> Any:
        """Says what the step took that found something, and hands that back."""
        now = process_time()
        self._say(name, now - self._last)
        self._last = process_time()
        return found

    def all(self) -> None:
        """Says what all of them took."""
        self._say("all", self._last - self._start)

    def _say(self, name: str, seconds: float) -> None:
        held, peak = (_megabytes(each) - self._held for each in ("VmRSS", "VmHWM"))
        sys.stdout.write(f"{name:12}{seconds:6.2f} s, {held:5.0f} MB held, {peak:5.0f} at most\n")


def _megabytes(name: str) -> float:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def main(file: Path) -> None:
    """Makes the service, its numbers and its pool of descriptors."""
    spec = Spec(load(file.read_bytes())[0])
    steps = Steps()
    service = structs.replace(steps.done("typed", typed(spec)), name=SERVICE)
    service, known = steps.done("numbered", numbered(service, {}))
    found = steps.done("descriptors", pool_of(service, PACKAGE)).FindServiceByName(
        f"{PACKAGE}.{SERVICE}"
    )
    steps.all()
    fields = sum(len(each.fields) for each in service.messages.values())
    sys.stdout.write(
        f"{len(spec.outline.rows)} operations: {len(found.methods)} methods, "
        f"{len(service.messages)} messages, {fields} fields, {len(service.enums)} enums, "
        f"{sum(map(len, known.values()))} numbers and names\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
