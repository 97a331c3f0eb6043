"""Every way in which a call can fail, as one tree of Faults.

Fault
├── CallerFault       domain gateway: the request was wrong
│   ├── InvalidRequest, InvalidParameters, InvalidSpec, RequestTooLarge
│   ├── ConnectorNotFound, VersionNotFound, ActionNotFound
│   ├── ConnectorExists, VersionExists
│   ├── EtagMismatch, VersionInUse, VersionImmutable, HasChildren, ConnectionIncomplete
│   └── ActionUnsupported, EgressDenied
├── ServiceFault      domain gateway: we could not do it now
│   ├── DeadlineExceeded, Overloaded, StoreUnavailable
│   └── Internal      a bug of ours and nothing else
└── BackendFault      domain backend: what the backend did
    ├── BackendUnreachable, BackendUnavailable, BackendTimeout, BackendTls
    ├── BackendBadResponse, ResponseTooLarge
    └── BackendRejected, BackendAuthFailed, BackendForbidden, BackendNotFound,
        BackendMethod, BackendConflict, BackendRateLimited, BackendCancelled,
        BackendRedirect, BackendError

A fault names its canonical code once; both faces derive theirs from it
(`gateway.status`, and the HTTP face's own table).
"""
