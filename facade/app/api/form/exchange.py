"""What went over the wire for one call, by field; only ever written."""

from facade.app.api.form.form import TEXTS, Field, Form, Listed
from facade.app.api.form.scalar import BYTES, FLAG, NAME, SECONDS, TEXT, WHOLE
from facade.model.call import Exchange, Upload
from facade.model.face import CACHED, joined

ATTEMPT = Form(
    "Exchange.Attempt",
    "One try at the backend.",
    (
        Field("http_status", WHOLE, "The HTTP status, or 0 where no answer came.", own="status"),
        Field("latency", SECONDS, "How long the try took.", own="seconds"),
        Field(
            "error_reason",
            TEXT,
            "The reason of its failure; empty where it succeeded.",
            own="reason",
        ),
    ),
)

BODY = Form(
    "HttpBody",
    "Bytes of any media type.",
    (
        Field("content_type", TEXT, "The media type, as in a Content-Type header."),
        Field("data", BYTES, "The bytes."),
    ),
)


def _sent(exchange: Exchange) -> Upload | None:
    if exchange.request_body is None:
        return None
    types = joined((name.lower(), value) for name, value in exchange.request_headers)
    return Upload(content_type=types.get("content-type", ""), data=exchange.request_body)


def _answered(exchange: Exchange) -> Upload | None:
    reply = exchange.reply
    if reply is None:
        return None
    return Upload(content_type=reply.header("content-type") or "", data=reply.body)


EXCHANGE = Form(
    "Exchange",
    "What went over the wire for one call.",
    (
        Field("method", TEXT, "The HTTP method."),
        Field("uri", TEXT, "The URL, with secrets blanked."),
        Field(
            "request_headers",
            TEXTS,
            "The request headers, with secrets blanked; repeats joined by a comma.",
            get=lambda exchange: joined(exchange.request_headers),
        ),
        Field(
            "http_status",
            WHOLE,
            "The HTTP status that was answered.",
            get=lambda exchange: exchange.reply and exchange.reply.status,
        ),
        Field(
            "response_headers",
            TEXTS,
            "The response headers; repeats joined by a comma.",
            get=lambda exchange: exchange.reply and joined(exchange.reply.headers),
        ),
        Field("attempts", Listed(ATTEMPT), "The tries, first to last."),
        Field("version", TEXT, "The version that served the call, where `live` was asked for."),
        Field("trace_id", TEXT, "The trace that shows every hop."),
        Field("curl", TEXT, "The request as a curl command. Only for a dry run."),
        Field("request_body", BODY, "The request body. Only for a dry run.", get=_sent),
        Field(
            "response_body",
            BODY,
            "What the backend answered, where the output is an error.",
            get=_answered,
        ),
        Field(
            "warnings",
            Listed(TEXT),
            "What the document does not say of the answer: an undeclared status or media type.",
        ),
        Field(
            "cached",
            FLAG,
            "Whether the cache answered.",
            get=lambda exchange: exchange.cache in CACHED,
        ),
        Field(
            "cache_status",
            NAME,
            "What the cache did: `hit`, `miss`, `stale`, `revalidated` or `bypass`.",
            own="cache",
        ),
        Field("age", SECONDS, "How old the answer is, where the cache gave it."),
    ),
)
