"""What `portico lint` says of how well a document maps."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from facade.spec.mapping import MappingReport
from gateway.cli.output import line

COLOURS = {"approximate": "yellow", "opaque": "magenta"}


def mapping_facts(report: MappingReport, top: Path) -> dict[str, Any]:
    """The report as JSON has it; files of several are relative to `top`."""
    notes = [
        {"fidelity": each.fidelity.value, **asdict(each), "remedy": each.remedy}
        for each in report.notes
    ]
    for each in notes:
        del each["fix"], each["part"]
        each["file"] = str(top / each["file"]) if each["file"] else ""
    return {"tallies": [asdict(each) for each in report.tallies], "notes": notes}


def tell_mapping(file: str, facts: Mapping[str, Any], *, every: bool) -> None:
    """Prints each kind of note once, with its first place and how many more; or every note."""
    more = Counter(each["code"] for each in facts["notes"])
    shown: set[str] = set()
    for note in facts["notes"]:
        if every or note["code"] not in shown:
            _tell(file, note, 0 if every else more[note["code"]] - 1)
            shown.add(note["code"])
    line((file, "bold"), f": maps {_counts(facts['tallies'])}")


def _tell(file: str, note: Mapping[str, Any], others: int) -> None:
    name = note["file"] or file
    place = f"{name}:{note['line']}:{note['column']}" if note["line"] else name
    also = f" (and {others} more: --mapping)" if others else ""
    said = f": {note['message']} [{note['code']}]{also}"
    line((place, "bold"), ": ", (note["fidelity"], COLOURS[note["fidelity"]]), said)
    line((f"    {note['remedy']}", "dim"))


def _counts(tallies: list[dict[str, Any]]) -> str:
    sums = [(each, each["exact"] + each["approximate"] + each["opaque"]) for each in tallies]
    exactly = ", ".join(
        f"{each['exact']} of {total} {each['part']}" for each, total in sums if total
    )
    rest = "".join(
        f"; {total} {word}"
        for word in ("approximate", "opaque")
        if (total := sum(each[word] for each in tallies))
    )
    return f"{exactly or 'nothing'} exactly{rest}"
