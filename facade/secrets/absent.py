"""What is said of a secret that cannot be had: its reference, and never more."""

from facade.errors.caller import ConnectionIncomplete, KeyRingMissing
from facade.errors.fault import Details, Effect, Violation
from facade.errors.service import StoreUnavailable

REMEDIES = {
    "env": "set the variable under a name that `--env-secrets` allows",
    "file": "put the file under `--file-secrets`",
    "vault": "put it there, and let the token of `--vault-token` read it at `--vault`",
    "secret": "`portico secret set` it",
}


def absent(reference: str) -> ConnectionIncomplete:
    """There is none, or it may not be read: no telling which."""
    remedy = REMEDIES[reference.partition(":")[0]]
    return ConnectionIncomplete(
        f"the secret `{reference}` is not there, or may not be read",
        details=_details(reference, f"{remedy} before calls can be signed"),
    )


def unavailable(reference: str) -> StoreUnavailable:
    """Where it is kept does not answer now."""
    return StoreUnavailable(
        f"the secret `{reference}` cannot be read now: where it is kept does not answer",
        details=_details(reference, "is kept where nothing answers now"),
        effect=Effect.NOT_EXECUTED,
    )


def damaged(reference: str) -> KeyRingMissing:
    """No key of the ring opens it in the place where it is."""
    return KeyRingMissing(
        f"the secret `{reference}` cannot be opened with the keys that there are",
        details=_details(reference, "give the key that sealed it back, or set the secret anew"),
    )


def _details(reference: str, description: str) -> Details:
    return Details(violations=(Violation(field=reference, description=description),))
