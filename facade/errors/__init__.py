"""Every way in which a call can fail, as one tree of Faults.

Fault
├── CallerFault       domain gateway: the request was wrong
│   ├── InvalidRequest, InvalidParameters, InvalidSpec, RequestTooLarge
│   ├── ConnectorNotFound, VersionNotFound, ActionNotFound, SecretNotFound, TraceNotFound,
│   │   RouteNotFound
│   ├── ConnectorExists, VersionExists, SecretExists
│   ├── EtagMismatch, VersionInUse, VersionImmutable, HasChildren, ConnectionIncomplete
│   ├── RequestIdReused, NotCached, KeyRingMissing, TokenRefused
│   └── ActionUnsupported, EgressDenied, CallerForbidden, Misdirected
├── ServiceFault      domain gateway: we could not do it now
│   ├── DeadlineExceeded, Overloaded, StoreUnavailable, TokenUnavailable
│   ├── QuotaExceeded, BreakerOpen, BackendPaused, CallInProgress, CallUncertain
│   └── Internal      a bug of ours and nothing else
├── HopFault          between the gateway and a facade
│   ├── FacadeUnavailable, FacadeTimeout, HopLoop
│   └── HopUntrusted  domain facade: whoever signed the hop is not believed
├── Foreign           domain facade: of a newer release, its reason not known here
└── BackendFault      domain backend: what the backend did
    ├── BackendUnreachable, BackendUnavailable, BackendTimeout, BackendTls
    ├── BackendBadResponse, ResponseTooLarge
    └── BackendRejected, BackendAuthFailed, BackendForbidden, BackendNotFound,
        BackendMethod, BackendConflict, BackendRateLimited, BackendCancelled,
        BackendRedirect, BackendError

A fault names its canonical code once; both faces derive theirs from it
(`gateway.status`, and the HTTP face's own table).
"""
