#!/usr/bin/env python3
"""Generates docs/errors.md from the Faults; with --check it only says whether it is up to date.

`python3 dev.py fix` runs it in the environment that it needs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from docs.publish import publish
from facade.errors.backend import BackendFault
from facade.errors.caller import CallerFault
from facade.errors.fault import Fault
from facade.errors.hop import HopFault
from facade.errors.kinds import KINDS
from facade.errors.service import ServiceFault

PAGE = Path(__file__).resolve().with_name("errors.md")

HEAD = """\
# Errors

<!-- Generated from facade/errors by docs/errors_page.py: change it there. -->

Every error of Portico is a `google.rpc.Status` with an `ErrorInfo` among its details, whose
`reason` is one of those below. A reason is never renamed, and never means a second thing.

`ErrorInfo.domain` says who speaks: `gateway`, `facade` or `backend`. `metadata.outcome` says what
became of the call: `NOT_EXECUTED` (no byte of it reached the backend), `EXECUTED` (the backend
answered) or `UNKNOWN` (it may have run).
"""

PARTS = {
    CallerFault: ("The request is wrong", "Nothing was sent, and a retry alone does not help."),
    ServiceFault: ("Portico cannot do it now", "The request may be right; the moment is not."),
    HopFault: ("The facade", "What went wrong on the way through a facade to a backend."),
    BackendFault: ("The backend", "What the backend did, or did not do."),
}


def leaves(fault: type[Fault]) -> Iterator[type[Fault]]:
    """Every Fault that has a reason of its own, in the order of the source."""
    if "reason" in vars(fault):
        yield fault
    for below in fault.__subclasses__():
        yield from leaves(below)


def told(top: type[Fault]) -> list[type[Fault]]:
    """Those below one that a caller may be told of: the module's own, then others' by name."""
    known = (fault for fault in leaves(top) if fault.reason in KINDS)
    own = top.__module__
    return sorted(known, key=lambda each: (each.__module__ != own, each.__module__))


def page() -> str:
    """The whole of docs/errors.md."""
    parts = [HEAD]
    for top, (title, meaning) in PARTS.items():
        parts += [f"## {title}\n\n{meaning}\n", *map(entry, told(top))]
    return "\n".join(parts)


def entry(fault: type[Fault]) -> str:
    """The entry of one reason; its heading makes the anchor `errors.md#reason_in_lower_case`."""
    retry = "The same call may succeed later" if fault.retryable else "Not without a change"
    return (
        f"### {fault.reason}\n\n"
        f"`{fault.code.name}` · domain `{fault.domain}` · outcome `{fault.effect}`\n\n"
        f"- **Cause.** {fault.cause}\n"
        f"- **Remedy.** {fault.remedy}\n"
        f"- **Retry.** {retry}.\n"
    )


if __name__ == "__main__":
    sys.exit(publish(PAGE, page(), "facade/errors/ says"))
