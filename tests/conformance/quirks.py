"""What the judges get wrong: not a request of ours, but their reading of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from facade.model.action import Action, Style
from tests.conformance.judges import Heard
from tests.conformance.wire import match_path, parse_request

JSON_OR_FORM = re.compile(r"[/+]json|^multipart/|urlencoded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One complaint about one request."""

    action: Action
    heard: Heard
    complaint: str
    media_type: str
    """Of the body that was given."""

    @property
    def place(self) -> str:
        """`query.limit`: what it is about."""
        return self.complaint.partition(" ")[2].partition(" ")[0]

    def is_styled(self, *styles: Style) -> bool:
        """Whether the parameter is of one of the styles."""
        name = self.place.partition(".")[2]
        return any(each.name == name and each.style in styles for each in self.action.parameters)


def fits_two_paths(verdict: Verdict) -> bool:
    """The request fits its own template, and the judge took another that it fits as well."""
    matched = verdict.heard.header("x-steady-matched-path")
    path = parse_request(verdict.heard.request).path
    own = match_path(verdict.action.path, path) is not None
    return own and bool(matched) and matched != verdict.action.path


Rule = Callable[[Verdict], bool]

STEADY: Mapping[str, Rule] = {
    "the judge knows no path with a fragment": lambda each: "#" in each.action.path,
    "two templates fit, and the judge takes the other": fits_two_paths,
    "the judge itself fails": lambda each: each.heard.status == 500,
    "the judge has a range of media types for a type": lambda each: (
        each.complaint.startswith("E3006") and "*" in each.media_type
    ),
    "the judge does not read this style": lambda each: (
        each.place.startswith(("path.", "query."))
        and each.is_styled(Style.MATRIX, Style.LABEL, Style.SPACE, Style.PIPE)
    ),
    "the judge knows no free members of an exploded object": lambda each: bool(
        re.match(r"E3015 query\.key\d ", each.complaint)
    ),
    "a header parameter that the standard says to ignore": lambda each: bool(
        re.match(
            r"E30(04|16) header\.(authorization|accept|content-type)\b",
            each.complaint,
            re.IGNORECASE,
        )
    ),
    "a header that the transport sets": lambda each: bool(
        re.match(r"E3016 header\.accept-encoding\b", each.complaint, re.IGNORECASE)
    ),
    "the judge does not read arrays of objects in a query": lambda each: bool(
        re.match(r"E3010 query\..+\.\d+ Expected type object", each.complaint)
    ),
    "the judge reads bytes or XML as JSON": lambda each: (
        each.complaint.startswith("E3008 body ") and not JSON_OR_FORM.search(each.media_type)
    ),
}
"""Steady's, by reason."""

PRISM: Mapping[str, Rule] = {
    "the judge knows no path with a fragment": lambda each: "#" in each.action.path,
    "the answer, not the request": lambda each: '"response"' in each.complaint,
    "the judge died": lambda each: each.complaint == "died",
    "the judge knows no template with dots in its names": lambda each: (
        "NO_PATH_MATCHED" in each.complaint and bool(re.search(r"\{[^}]*\.", each.action.path))
    ),
    "the judge lower-cases names": lambda each: (
        "must have required property" in each.complaint
        and re.search(r"\{[^}]*[ A-Z]", each.action.path) is not None
    ),
    "a header parameter that the standard says to ignore": lambda each: bool(
        re.search(
            r"header\.(accept|content-type)|header.*'(authorization|accept|content-type)'",
            each.complaint,
        )
    ),
    "the judge reads bytes or XML as JSON": lambda each: (
        each.complaint.startswith("request.body:") and not JSON_OR_FORM.search(each.media_type)
    ),
    "no `consumes`, and then the judge takes no body": lambda each: (
        "No supported content types" in each.complaint
    ),
}
"""Prism's, by reason."""


def reason_of(verdict: Verdict, rules: Mapping[str, Rule]) -> str:
    """Why a complaint does not count; empty where it does."""
    return next((reason for reason, applies in rules.items() if applies(verdict)), "")
