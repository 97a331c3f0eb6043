"""The archive: descriptors, configuration and report, as a folder that Envoy runs in."""

from facade.model.typed import TypedService
from facade.model.version import Version
from facade.spec.spec import Spec
from facade.spec.typed.archive import zipped
from gateway.typed.envoy.configuration import configuration
from gateway.typed.envoy.descriptors import descriptor_set
from gateway.typed.envoy.plan import plan
from gateway.typed.envoy.report import data, report


def envoy(version: Version, spec: Spec, service: TypedService, package: str) -> bytes:
    """A zip; where Envoy can carry nothing, of the report alone."""
    made = plan(version, spec, service)
    descriptors = f"{package.split('.')[-2]}.binpb"
    files = {
        "README.md": report(made, package, descriptors),
        "report.json": data(made, package),
    }
    texts = {path: text.encode() for path, text in files.items()}
    if not made.service.methods:
        return zipped(texts)
    http_version = version.destination.network.http_version
    text = configuration(descriptors, made.origin, made.headers, made.timeout, http_version)
    texts["envoy.yaml"] = text.encode()
    texts[descriptors] = descriptor_set(made.service, package, made.answers)
    return zipped(texts)
