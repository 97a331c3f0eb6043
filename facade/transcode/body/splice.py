"""Splice: where in a request's body an upload goes that is not there yet."""

from dataclasses import replace

from msgspec import structs

from facade.errors.fault import Violation
from facade.model.call import Call, Plan, Upload
from facade.model.stream import StreamedBody
from facade.transcode.arguments import refused
from facade.transcode.body.multipart import random_boundary


def marked(call: Call) -> tuple[Call, bytes]:
    """The call with a mark for its upload, so that the body around it can be planned; the mark."""
    mark = random_boundary().encode()
    content_type = call.upload.content_type if call.upload else ""
    return structs.replace(call, upload=Upload(content_type=content_type, data=mark)), mark


def spliced(plan: Plan, mark: bytes, content: StreamedBody) -> tuple[Plan, StreamedBody]:
    """The plan without the mark, for people, and the content with what stands around it.

    Raises InvalidParameters where the body holds the upload in another form than it comes in.
    """
    before, found, after = (plan.body or b"").partition(mark)
    if not found:
        description = "is encoded in this body: it must come in one message"
        raise refused(Violation(field="body", description=description))
    size = "" if content.size is None else f" of {content.size} bytes"
    shown = structs.replace(plan, body=b"%b<upload%b>%b" % (before, size.encode(), after))
    return shown, replace(content, before=before, after=after)
