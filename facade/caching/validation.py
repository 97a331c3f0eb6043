"""Asking the backend whether an answer still holds, and what its word changes (section 4.3)."""

from facade.caching.entry import Stored
from facade.model.call import Headers, Reply
from facade.model.said import fields_of

NEVER_UPDATED = frozenset(
    {"content-encoding", "content-length", "content-md5", "content-range", "etag"}
)
"""Fields that are of the body as it is kept (RFC 9111 section 3.2). A 304 that names another ETag
than the only one that it was asked about still speaks of that one: servers that pack answers get
this wrong."""


def conditions_of(stored: Stored) -> Headers:
    """The fields that make a request ask whether an answer still holds (section 4.3.1)."""
    etag, modified = stored.header("etag"), stored.header("last-modified")
    conditions = []
    if etag is not None:
        conditions.append(("if-none-match", etag))
    if modified is not None:
        conditions.append(("if-modified-since", modified))
    return tuple(conditions)


def freshened(stored: Stored, reply: Reply) -> Reply:
    """The answer with the fields of a 304, or of an answer to HEAD (sections 3.2 and 4.3.5)."""
    said = tuple(each for each in reply.headers if each[0] not in NEVER_UPDATED)
    replaced = {name for name, _ in said} | {"date"}
    kept = tuple(each for each in stored.headers if each[0] not in replaced)
    return Reply(status=stored.status, headers=(*kept, *said), body=stored.body)


def same_representation(stored: Stored, head: Reply) -> bool:
    """Whether a 200 to HEAD speaks of the answer that is kept (section 4.3.5)."""
    if stored.status != 200:
        return False
    kept, said = fields_of(stored.headers), fields_of(head.headers)
    names = ("etag", "last-modified", "content-length")
    return all(kept.get(name, said[name]) == said[name] for name in names if name in said)
