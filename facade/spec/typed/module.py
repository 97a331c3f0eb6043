"""A typed service as a folder that buf takes: the .proto file, and the files of others it needs."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from facade.model.typed import TypedService
from facade.spec.typed.archive import zipped
from facade.spec.typed.layout import ANNOTATIONS, imports
from facade.spec.typed.naming import file_of
from facade.spec.typed.proto import proto_text

NEEDED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {ANNOTATIONS: (ANNOTATIONS, "google/api/http.proto")}
)
"""What an import brings with it, of the files that buf has not itself."""

READS: Final = "NO_SIDE_EFFECTS"
"""What may be tried as it stands."""

BUF_YAML: Final = """\
version: v2
modules:
  - path: proto
"""
THIRD_PARTY: Final = """\
  # Google's, as they are: needed to compile, and nobody's to lint.
  - path: third_party
    lint:
      ignore: [third_party]
    breaking:
      ignore: [third_party]
"""
RULES: Final = """\
lint:
  use: [STANDARD]
  except:
    - PACKAGE_VERSION_SUFFIX # the package of what serves ends with live
    - RPC_REQUEST_RESPONSE_UNIQUE # a get answers the resource itself
    - RPC_REQUEST_STANDARD_NAME # all pages of a list are asked for as one is
    - RPC_RESPONSE_STANDARD_NAME
breaking:
  use: [WIRE_JSON, RPC_NO_DELETE]
"""
README: Final = """\
# {service}

The package `{package}`, made by Portico of an OpenAPI document: a gateway serves it as it stands
here, at once, and beside it in reflection. Field numbers stay for good, so code that was generated
of an older version goes on working.

    buf lint
    buf generate proto --template buf.gen.yaml
    buf curl --schema proto -d '{{}}' --protocol grpc --http2-prior-knowledge http://127.0.0.1:50051/{package}.{service}/{method}

`proto` is what Portico made; `third_party` has Google's files that it imports (Apache-2.0).
"""


def module(service: TypedService, package: str, third_party: Mapping[str, bytes]) -> bytes:
    """A zip of the folder; `third_party` has Google's files by their paths."""
    needed = sorted(path for each in imports(service) for path in NEEDED.get(each, ()))
    files = {
        "README.md": _readme(service, package),
        "buf.yaml": BUF_YAML + (THIRD_PARTY if needed else "") + RULES,
        f"proto/{file_of(package)}": proto_text(service, package),
    }
    texts = {path: text.encode() for path, text in files.items()}
    return zipped(texts | {f"third_party/{path}": third_party[path] for path in needed})


def _readme(service: TypedService, package: str) -> str:
    known = sorted(service.methods, key=lambda each: each.idempotency != READS)
    method = known[0].name if known else "Method"
    return README.format(service=service.name, package=package, method=method)
