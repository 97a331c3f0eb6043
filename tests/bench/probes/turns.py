"""Publishes and rollbacks in turns over four processes: failed and mixed calls, and how late.

`python -m tests.bench.probes.turns [TURNS] [PAUSE]`
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.turning import turn


def main() -> None:
    """Says what callers saw."""
    turns, pause = int((sys.argv[1:] or ["1000"])[0]), float((sys.argv[2:] or ["0.05"])[0])
    with tempfile.TemporaryDirectory() as folder:
        seen = asyncio.run(turn(Path(folder), turns, pause))
    lags = sorted(seen.lags())
    print(f"turns {len(seen.turns)}, calls {len(seen.calls)}")
    print(f"failed {len(seen.failed)}, mixed {len(seen.mixed)}")
    print(f"visible after: median {lags[len(lags) // 2]:.3f} s, longest {lags[-1]:.3f} s")
    for each in (*seen.failed[:5], *seen.mixed[:5]):
        print(each)


if __name__ == "__main__":
    main()
