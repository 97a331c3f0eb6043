"""What calls answer, by field; the answers of other methods stand beside their resources."""

from facade.app.api.form.action import PAGE_RULE
from facade.app.api.form.exchange import BODY, EXCHANGE
from facade.app.api.form.form import TEXTS, Field, Form, Listed
from facade.app.api.form.scalar import BYTES, FLAG, LONG, SECONDS, TEXT, WHOLE
from facade.app.api.form.verbatim import ANY, Json
from facade.app.api.requests import FRAMING

ERROR = Json(**{"$ref": "#/components/schemas/Error"})
EXCHANGE_TREE = Json(**EXCHANGE.schema())
PAGE_RULE_TREE = Json(**PAGE_RULE.schema())

EXECUTED = Form(
    "ExecuteActionResponse",
    "What the backend answered: JSON, something else, or nothing.",
    (
        Field("json", ANY, "The JSON, byte for byte as the backend wrote it."),
        Field("body", BODY, "Anything that is not JSON."),
        Field("error", ERROR, "What went wrong, for a failure mode of CONTINUE."),
        Field("exchange", EXCHANGE_TREE, "What went over the wire: FULL, or a dry run."),
    ),
)

HEAD = Form(
    "StreamHead",
    "What came before the items of a stream.",
    (
        Field("http_status", WHOLE, "The HTTP status that was answered; absent for a dry run."),
        Field("content_type", TEXT, "The media type of the answer."),
        Field("headers", TEXTS, "The response headers; repeats joined by a comma."),
        Field("framing", FRAMING, "How the answer is taken apart."),
        Field("warnings", Listed(TEXT), "What the document does not say of the answer."),
        Field("exchange", EXCHANGE_TREE, "What went over the wire: FULL, or a dry run."),
        Field("paging", PAGE_RULE_TREE, "Of pages, the rule that is followed."),
    ),
)

EVENT = Form(
    "StreamEvent",
    "A server-sent event.",
    (
        Field("id", TEXT, "The last id that was said, with this event or an earlier one."),
        Field("event", TEXT, "The type; `message` where none is said."),
        Field("text", TEXT, "Data that is not JSON.", oneof="data"),
        Field("json", ANY, "Data that is one JSON value.", oneof="data"),
        Field("retry", SECONDS, "How long to wait before a reconnection, where it was said."),
    ),
)

END = Form(
    "PagesEnd",
    "The end of a walk over pages.",
    (
        Field("pages", WHOLE, "How many pages were called."),
        Field("items", LONG, "How many items were returned."),
        Field("more", FLAG, "Whether there may be more."),
    ),
)

STREAMED = Form(
    "StreamActionResponse",
    "One item of a stream: the head first, behind pages the end last.",
    (
        Field("head", HEAD, "What came before the items.", oneof="message"),
        Field("event", EVENT, "A server-sent event.", oneof="message"),
        Field("json", ANY, "A JSON value, byte for byte as the backend wrote it.", oneof="message"),
        Field("chunk", BYTES, "Bytes of the answer.", oneof="message"),
        Field("end", END, "What comes behind the last item of pages.", oneof="message"),
    ),
)
