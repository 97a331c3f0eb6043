"""A version's document with the facade as its server."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from facade.app.mirror.document.bound import Bound
from facade.app.mirror.document.failures import Failures
from facade.app.mirror.document.operations import Rewriting, rewrite_paths
from facade.app.mirror.document.signing import Signing
from facade.model.version import Version
from facade.spec.document import Document
from facade.spec.limits import Limits
from facade.spec.load import read
from facade.spec.spec import Spec
from facade.spec.structure.survey import Survey, survey
from facade.spec.text.numbers import dumps

OMITTED = "x-portico-omitted"
"""Lists the operations that cannot be called, with the reasons."""

OF_SERVERS = (
    "servers",
    "server",
    "schemes",
    "x-servers",
    "x-google-backend",
    "x-amazon-apigateway-integration",
)
"""Fields of paths, operations and links that say where a backend is."""
OF_ROOT = ("host", "$self", "x-ms-parameterized-host", "x-google-endpoints", *OF_SERVERS)


def served(text: str, version: Version, spec: Spec, url: str, limits: Limits) -> bytes:
    """Writes the document that tells how a version is called through the facade, as JSON.

    `text` is the version's own document, `spec` what it compiled to, `url` where its paths begin:
    absolute, or a path below the place where the document is served. Raises InvalidSpec.
    """
    source = read(text, limits=limits)
    tree = source.tree
    found = survey(tree, source.version)
    _forget_servers(tree, found)
    document = Document(tree=tree, version=source.version)
    actions = {(each.method, each.path): each for each in map(spec.action, spec.ids)}
    rewriting = Rewriting(
        document=document,
        actions=actions,
        bound=Bound(version, document),
        signing=Signing(version, document, found.references),
        failures=Failures(document),
    )
    omitted = rewrite_paths(tree, rewriting)
    rewriting.signing.rewrite_root(tree)
    rewriting.failures.declare(tree)
    tree |= dict(_address(url, source.version))
    if omitted:
        tree[OMITTED] = omitted
    return dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def _forget_servers(tree: dict[str, Any], found: Survey) -> None:
    """Removes every address of the backend's, also from what is reached by references alone."""
    for name in ("PathItem", "Operation", "Link"):
        for each in found.objects[name]:
            _drop(each.node, OF_SERVERS)
    _drop(tree, OF_ROOT)


def _drop(node: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        node.pop(name, None)


def _address(url: str, openapi: str) -> Iterator[tuple[str, Any]]:
    """The fields of a document that say where its paths begin."""
    if not openapi.startswith("2."):
        yield "servers", [{"url": url}]
        return
    parts = urlsplit(url)
    yield "basePath", parts.path
    if parts.netloc:
        yield "host", parts.netloc
        yield "schemes", [parts.scheme]
