"""Writes a generated page of docs, or compares it: what its script ends with."""

import sys
from pathlib import Path

CHECK = "--check"


def publish(page: Path, text: str, source: str) -> int:
    """Writes the page; with `--check` says where it is not what its source says.

    Gives the exit status.
    """
    if CHECK not in sys.argv[1:]:
        page.write_text(text, encoding="utf-8")
        return 0
    present = page.read_text(encoding="utf-8") if page.is_file() else ""
    if present != text:
        sys.stdout.write(f"docs/{page.name} is not what {source}\n")
    return 1 if present != text else 0
