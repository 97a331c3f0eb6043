"""Which file a reference between files means (RFC 3986 section 5), and which it never may."""

import posixpath
from collections.abc import Container
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

REMOTE = ("http", "https")
READ = "files of the bundle and https are read"


class Outside(Exception):
    """A reference that leads out of what may be read; the message says how."""


def is_url(name: str) -> bool:
    """Whether a file's name is an http or https address, not a path in the bundle."""
    return name.partition("://")[0] in REMOTE


def file_named(reference: str, base: str, known: Container[str]) -> str:
    """The name of the file that a reference without its fragment means.

    `base` is the name of the file it stands in, an address or a path from the
    bundle's root; `known` are the names of files that are there. Percent
    encoding is undone in paths, unless a file is called so. Raises Outside
    for a path that leaves the root, an absolute one, and any other scheme.
    """
    try:
        parts = urlsplit(reference)
        address = urljoin(base, reference) if is_url(base) else reference
        scheme, host, _, _, _ = urlsplit(address)
    except ValueError:
        raise Outside("is no address that can be read") from None
    if is_url(base) or parts.scheme in REMOTE:
        if scheme not in REMOTE or not host:
            raise Outside(f"has the scheme `{scheme[:20]}`; {READ}")
        return urlunsplit(urlsplit(address)._replace(fragment=""))
    if parts.scheme and reference not in known:
        raise Outside(f"has the scheme `{parts.scheme[:20]}`; {READ}")
    found = [_path(each, base) for each in dict.fromkeys((reference, unquote(reference)))]
    return next((each for each in found if each in known), found[-1])


def _path(reference: str, base: str) -> str:
    """The path from the bundle's root; raises Outside."""
    if reference.startswith(("/", "\\")):
        raise Outside("is an absolute path; only files of the bundle are read")
    if "\0" in reference:
        raise Outside("has a NUL character in it")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))
    if path == ".." or path.startswith("../"):
        raise Outside("leads out of the bundle's folder; give the folder that holds all files")
    return path
