import pytest

from facade.app.api.template import Template

ACTION = Template.of("/v1/{name=connectors/*/versions/*/actions/*}:execute")


def test_a_template_is_told_as_openapi_writes_it() -> None:
    assert ACTION.shape == "/v1/connectors/{connector}/versions/{version}/actions/{action}:execute"
    assert ACTION.segments == ("connector", "version", "action")
    assert ACTION.field == "name"
    plain = Template.of("/v1/secrets:rotate")
    assert (plain.shape, plain.segments, plain.field) == ("/v1/secrets:rotate", (), "")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (
            "/v1/connectors/a/versions/live/actions/b:execute",
            "connectors/a/versions/live/actions/b",
        ),
        ("/v1/connectors/a/versions/v/actions/b:c:execute", "connectors/a/versions/v/actions/b:c"),
        (
            "/v1/connectors/a/versions/v/actions/get%2Fit%20%C3%A9:execute",
            "connectors/a/versions/v/actions/get/it é",
        ),
        (
            "/v1/connectors/a%2Fversions%2Fb/versions/v/actions/c:execute",
            "connectors/a%2Fversions%2Fb/versions/v/actions/c",
        ),
        ("/v1/connectors/a/versions/v/actions/b", None),
        ("/v1/connectors/a/versions/v/actions/b/c:execute", None),
        ("/v1/connectors//versions/v/actions/b:execute", None),
        ("/v1/connectors/a/versions/v/actions/:execute", None),
        ("/v1/connectors/a/versions/v/actions/b:execute/", None),
    ],
)
def test_a_path_says_the_name_and_only_its_last_id_may_hold_a_slash(
    path: str, name: str | None
) -> None:
    assert ACTION.match(path) == name


def test_a_template_without_a_field_matches_its_own_path_alone() -> None:
    plain = Template.of("/v1/connectors")
    assert plain.match("/v1/connectors") == ""
    assert plain.match("/v1/connectors/") is None


def test_the_field_within_the_body_is_named() -> None:
    assert Template.of("/v1/{connector.name=connectors/*}").field == "connector.name"
