"""AWS Signature Version 4, by the vectors that AWS published."""

from datetime import UTC, datetime

import pytest

from facade.errors.caller import InvalidParameters
from facade.model.call import Headers
from facade.policy.credentials.marks import stamp_of, stamped
from facade.policy.credentials.sigv4 import Signer, canonical_path, canonical_query
from tests.fakes import a_plan

SUITE = Signer(
    region="us-east-1",
    service="service",
    access_key_id="AKIDEXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
)
SUITE_TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp()
S3 = Signer(
    region="us-east-1",
    service="s3",
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)
S3_TIME = datetime(2013, 5, 24, tzinfo=UTC).timestamp()
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
STORING: Headers = (
    ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
)


def authorization(
    signer: Signer, method: str, target: str, headers: Headers = (), body: bytes | None = None
) -> str:
    now, host = (S3_TIME, "examplebucket.s3") if signer is S3 else (SUITE_TIME, "example")
    plan = a_plan(
        f"https://{host}.amazonaws.com", method=method, target=target, headers=headers, body=body
    )
    signed = stamped(plan, stamp_of(signer.marks(plan, now)))
    return dict(signed.headers)["Authorization"]


@pytest.mark.parametrize(
    ("method", "target", "signature"),
    [
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "POST",
            "/?Param1=value1",
            "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        ),
        (
            "GET",
            "/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "GET",
            f"/?{UNRESERVED}={UNRESERVED}",
            "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        ),
        (
            "GET",
            "/?%E1%88%B4=bar",
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        ),
        (
            "GET",
            "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
            "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
        ),
        ("GET", "/ሴ", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        (
            "GET",
            "/example space/",
            "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        ),
        (
            "GET",
            f"/{UNRESERVED}",
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ),
        (
            "GET",
            "//example//",
            "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
        ),
        ("GET", "/./example", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"),
        (
            "GET",
            "/example1/example2/../..",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
    ],
)
def test_requests_are_signed_as_the_test_suite_signs_them(
    method: str, target: str, signature: str
) -> None:
    assert authorization(SUITE, method, target) == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )


def test_header_values_are_trimmed_and_repeats_joined() -> None:
    trimmed = (("My-Header1", " value1"), ("My-Header2", ' "a   b   c"'))
    assert authorization(SUITE, "GET", "/", trimmed).endswith(
        "SignedHeaders=host;my-header1;my-header2;x-amz-date, "
        "Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
    )
    repeated = tuple(("My-Header1", value) for value in ("value2", "value2", "value1"))
    assert authorization(SUITE, "GET", "/", repeated).endswith(
        "SignedHeaders=host;my-header1;x-amz-date, "
        "Signature=c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"
    )


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "signature"),
    [
        (
            "GET",
            "/test.txt",
            (("Range", "bytes=0-9"),),
            None,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            STORING,
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/?lifecycle",
            (),
            None,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            "/?max-keys=2&prefix=J",
            (),
            None,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_requests_to_s3_are_signed_as_its_documentation_signs_them(
    method: str, target: str, headers: Headers, body: bytes | None, signature: str
) -> None:
    said = authorization(S3, method, target, headers, body)
    assert said.endswith(f"Signature={signature}")


@pytest.mark.parametrize(
    ("path", "plain", "s3"),
    [
        ("/a%20b", "/a%2520b", "/a%20b"),
        ("/a//b", "/a/b", "/a//b"),
        ("/a/../b/./", "/b/", "/a/../b/./"),
        ("/a:b@c", "/a%3Ab%40c", "/a%3Ab%40c"),
        ("/", "/", "/"),
    ],
)
def test_a_path_is_encoded_twice_but_in_s3(path: str, plain: str, s3: str) -> None:
    assert canonical_path(path, s3=False) == plain
    assert canonical_path(path, s3=True) == s3


def test_a_query_is_sorted_by_what_is_encoded() -> None:
    assert canonical_query("b=2&a=%7e&a=:&c&") == "a=%3A&a=~&b=2&c="


def test_a_session_token_goes_along_and_is_signed() -> None:
    signer = Signer(
        region="r", service="s", access_key_id="i", secret_access_key="k", session_token="t0ken"
    )
    plan = a_plan("https://x.example:8443", headers=(("X-Amz-Date", "forged"),))
    stamp = stamp_of(signer.marks(plan, SUITE_TIME))
    headers = dict(stamped(plan, stamp).headers)
    assert headers["x-amz-security-token"] == "t0ken"
    assert headers["x-amz-date"] == "20150830T123600Z"
    assert "X-Amz-Date" not in headers
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token" in headers["Authorization"]
    assert "t0ken" in stamp.secrets
    assert "t0ken" not in repr(signer)


def test_a_streamed_body_goes_unsigned_to_s3_and_nowhere_else() -> None:
    plan = a_plan("https://x.example", method="PUT")
    headers = dict(stamp_of(S3.marks(plan, S3_TIME, streamed=True)).headers)
    assert headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    with pytest.raises(InvalidParameters):
        list(SUITE.marks(plan, SUITE_TIME, streamed=True))
