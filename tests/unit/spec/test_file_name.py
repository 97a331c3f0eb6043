"""Which file a reference means, and which it never may."""

import pytest

from facade.spec.bundling.file_name import Outside, file_named


@pytest.mark.parametrize(
    ("reference", "base", "name"),
    [
        ("Pet.yaml", "openapi.yaml", "Pet.yaml"),
        ("./Pet.yaml", "openapi.yaml", "Pet.yaml"),
        ("Pet.yaml", "v1/openapi.yaml", "v1/Pet.yaml"),
        ("../common/Pet.yaml", "v1/openapi.yaml", "common/Pet.yaml"),
        ("a//b/./../Pet.yaml", "openapi.yaml", "a/Pet.yaml"),
        ("a%20b.yaml", "openapi.yaml", "a b.yaml"),
        ("paths%2Fpets.yaml", "openapi.yaml", "paths/pets.yaml"),
        ("paths/{id}@x.yaml", "openapi.yaml", "paths/{id}@x.yaml"),
        ("paths/%7Bid%7D.yaml", "openapi.yaml", "paths/{id}.yaml"),
        ("https://x.example/a.yaml", "openapi.yaml", "https://x.example/a.yaml"),
        ("a.yaml", "https://x.example/v1/openapi.yaml", "https://x.example/v1/a.yaml"),
        ("../a.yaml", "https://x.example/v1/openapi.yaml?x=1", "https://x.example/a.yaml"),
        ("../../../a.yaml", "https://x.example/v1/o.yaml", "https://x.example/a.yaml"),
        ("/a.yaml", "https://x.example/v1/openapi.yaml", "https://x.example/a.yaml"),
        ("//y.example/a.yaml", "https://x.example/v1/o.yaml", "https://y.example/a.yaml"),
    ],
)
def test_h03_a_reference_is_resolved_against_its_own_file(
    reference: str, base: str, name: str
) -> None:
    assert file_named(reference, base, ()) == name


def test_a_file_whose_name_looks_encoded_is_found_as_it_is() -> None:
    assert file_named("a%20b.yaml", "openapi.yaml", {"a%20b.yaml"}) == "a%20b.yaml"


@pytest.mark.parametrize(
    "reference",
    [
        "../secrets",
        "../../secrets.yaml",
        "a/../../secrets",
        "%2e%2e/secrets",
        "..%2fsecrets",
        "/etc/passwd",
        "%2Fetc/passwd",
        "\\\\server\\share",
        "//x.example/a.yaml",
        "file:///etc/passwd",
        "file:a.yaml",
        "C:\\secrets",
        "ftp://x.example/a",
        "data:application/json,{}",
        "javascript:0",
        "a%00b",
        "http://[",
    ],
)
def test_h01_what_leads_out_of_the_bundle_is_refused(reference: str) -> None:
    with pytest.raises(Outside):
        file_named(reference, "openapi.yaml", ())


@pytest.mark.parametrize("reference", ["file:///etc/passwd", "ftp://x.example/a", "http://["])
def test_h01_an_address_leads_to_no_other_scheme(reference: str) -> None:
    with pytest.raises(Outside):
        file_named(reference, "https://x.example/openapi.yaml", ())
