"""Archives whose bytes depend on nothing but what is in them."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file: the first that zip can say."""
UNIX: Final = 3
"""The system in whose words a file's mode is said (APPNOTE.TXT section 4.4.2)."""
MODE: Final = 0o100644 << 16


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of files by their paths, in the order given."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.create_system, entry.external_attr = UNIX, MODE
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=9)
    return written.getvalue()
