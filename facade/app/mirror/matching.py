"""Which action a request means, and the refusals that HTTP has words for: 405 and 415."""

from facade.app.mirror.request import Head
from facade.errors.caller import ActionNotFound, InvalidParameters, RequestTooLarge
from facade.errors.fault import Violation
from facade.model.action import Location
from facade.transcode.arguments import refused
from facade.transcode.body.body import declared, options_of
from facade.transcode.body.content import WHOLE
from facade.transcode.match import Matched, Request, Router

CODING = "content-encoding"


def match(router: Router, head: Head, body: bytes | None) -> Matched:
    """Finds the action and reads the arguments; without its body, of an operation of bytes alone.

    Raises ActionNotFound, with `allow` among its headers where the path has other methods;
    InvalidParameters, with `accept` among them where the body is of another type than those that
    the operation takes; and RequestTooLarge.
    """
    request = Request(
        method=head.method,
        target=head.target,
        headers=head.headers,
        fields=head.fields,
        body=body or b"",
    )
    try:
        matched = router.match(request)
    except ActionNotFound as fault:
        methods = router.methods(head.target)
        if methods:
            fault.add({}, {"allow": ", ".join(sorted({*methods, "OPTIONS"}))})
        raise
    if body is None and matched.upload is None:
        raise RequestTooLarge("The body is too large for an operation that takes no bytes as such.")
    if matched.upload is not None:
        _check_type(matched, head)
    elif _lacks_body(matched):
        raise refused(Violation(field=f"/{WHOLE}", description="is required"))
    return matched


def _lacks_body(matched: Matched) -> bool:
    """Whether there is no body where one is required: none is made of nothing."""
    body = matched.action.body
    return body is not None and body.required and WHOLE not in matched.arguments


def _check_type(matched: Matched, head: Head) -> None:
    """Refuses an upload that is of no declared type, or in a coding that is not passed on."""
    action, upload = matched.action, matched.upload
    if action.body is None or upload is None:
        return
    options = options_of(action.body)
    coding = head.header(CODING).strip().lower()
    takes_coding = any(
        each.location is Location.HEADER and each.name.lower() == CODING
        for each in action.parameters
    )
    if declared(options, upload.content_type) is None:
        choices = ", ".join(each.type.text for each in options)
        description = f"is of a type that is not declared; the document declares: {choices}"
        raise _unsupported(description, {"accept": choices})
    if coding not in {"", "identity"} and not takes_coding:
        choices = ", ".join(each.type.text for each in options)
        description = "is in a content coding; the operation takes none"
        raise _unsupported(description, {"accept": choices, "accept-encoding": "identity"})


def _unsupported(description: str, headers: dict[str, str]) -> InvalidParameters:
    fault = refused(Violation(field="/body", description=description))
    fault.add({}, headers)
    return fault
