"""Which files of others the pages need: from where, under which licence, and that they are those.

`python -m facade.app.ui.assets FOLDER` takes them anew out of packages that `npm pack` has put
into a folder, and writes down what they are.
"""

import hashlib
import json
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

ASSETS: Final = Path(__file__).with_name("assets")
RECORD: Final = ASSETS / "vendored.json"
"""Package, version, licence and SHA-256 of each file."""

WANTED: Final[Mapping[str, Mapping[str, str]]] = {
    "htmx.org": {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "htmx.LICENSE.txt"},
    "uplot": {
        "dist/uPlot.iife.min.js": "uPlot.iife.min.js",
        "dist/uPlot.min.css": "uPlot.min.css",
        "LICENSE": "uPlot.LICENSE.txt",
    },
}
"""What is taken of each package, and what it is called here."""


def recorded() -> dict[str, dict[str, str]]:
    """What is written down of each file, by its name."""
    found: dict[str, dict[str, str]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def digest(content: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(content).hexdigest()


def take(folder: Path) -> dict[str, dict[str, str]]:
    """Copies the files out of the packages of a folder; what is to be written down of them."""
    found = {}
    for package, files in WANTED.items():
        [archive] = folder.glob(f"{package}-[0-9]*.tgz")
        with tarfile.open(archive) as packed:
            about = json.loads(_read(packed, "package.json"))
            for path, name in files.items():
                content = _read(packed, path)
                (ASSETS / name).write_bytes(content)
                found[name] = dict(_row(about, path, content))
    return dict(sorted(found.items()))


def _read(packed: tarfile.TarFile, path: str) -> bytes:
    file = packed.extractfile(f"package/{path}")
    if file is None:
        raise FileNotFoundError(path)
    return file.read()


def _row(about: Mapping[str, Any], path: str, content: bytes) -> Iterator[tuple[str, str]]:
    yield "package", about["name"]
    yield "version", about["version"]
    yield "licence", about["license"]
    yield "path", path
    yield "sha256", digest(content)


if __name__ == "__main__":
    RECORD.write_text(json.dumps(take(Path(sys.argv[1])), indent=2) + "\n", encoding="utf-8")
