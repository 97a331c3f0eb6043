"""Exposition: numbers as Prometheus reads them, of this process or of several workers."""

from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

WORKERS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which workers know the folder that their numbers go to: the library reads it
when it is imported, so it must be in their environment from the start."""

LEFT = ("counter", "histogram")
"""Kinds whose numbers stay when their worker has ended: else the sum would fall."""

NOBODY = 0
"""The process id under which they stay."""


def exposed(registry: CollectorRegistry, accept: str) -> tuple[str, bytes]:
    """The content type and the text of a registry.

    `accept`: the field of the request; OpenMetrics 1.0 where it names that, with exemplars, else
    the text format 0.0.4.
    """
    encode, content_type = choose_encoder(accept)
    return content_type, encode(registry)


class Workers:
    """What several workers have counted, together, for the process that keeps them."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder that their environment names."""
        self._folder = folder
        self._registry = CollectorRegistry()
        MultiProcessCollector(self._registry, str(folder))

    def expose(self, accept: str) -> tuple[str, bytes]:
        """The content type and the text of the sums."""
        with suppress(FileNotFoundError):  # a worker has ended meanwhile, whose file is gone
            return exposed(self._registry, accept)
        return exposed(self._registry, accept)

    def ended(self, pid: int) -> None:
        """Forgets how full a worker was that has ended, and keeps what it has counted.

        Its files go, whose number would grow with each worker that ends.
        """
        mark_process_dead(pid, str(self._folder))
        for kind in LEFT:
            self._take_over(self._folder / f"{kind}_{pid}.db", kind)

    def _take_over(self, path: Path, kind: str) -> None:
        if not path.exists():
            return
        kept = MmapedDict(str(self._folder / f"{kind}_{NOBODY}.db"))
        try:
            for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):
                kept.write_value(key, kept.read_value(key)[0] + value, 0.0)
        finally:
            kept.close()
        path.unlink()
