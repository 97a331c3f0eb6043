"""Every way in which a call can fail, as one tree of Faults.

Fault
├── CallerFault       domain gateway: the request was wrong
│   ├── InvalidRequest, InvalidParameters, InvalidSpec, RequestTooLarge
│   ├── ConnectorNotFound, VersionNotFound, ActionNotFound, ConnectionNotFound, SubjectNotFound,
│   │   EntityNotFound, SecretNotFound, KeyNotFound, TraceNotFound, RouteNotFound
│   ├── ConnectorExists, VersionExists, ConnectionExists, SubjectExists, SecretExists, KeyExists
│   ├── EtagMismatch, VersionInUse, VersionImmutable, VersionBreaking, HasChildren
│   ├── ConnectionIncomplete, ConnectionLocked, AuthorizationRequired, ConnectorInstanceMissing
│   ├── RequestIdReused, NotCached, KeyRingMissing, TokenRefused
│   ├── CallerUnknown, CallerForbidden, CrossSite, Misdirected
│   ├── ActionUnsupported, EgressDenied
│   ├── ExpressionInvalid, ExpressionFailed, ExpressionExhausted
│   ├── DefinitionInvalid, FlowUnfit, FlowUnpublished, FlowSuspended, FlowTooDeep, ValidationFailed
│   ├── FlowNotFound, FlowVersionNotFound, RunNotFound, FlowExists
│   ├── RunStateWrong, RunExhausted, StatusRefused
│   ├── WebhookNotFound, WebhookRefused, MessageLate, TriggerMismatch
│   ├── SubscriptionNotFound, DeliveryNotFound, SubscriptionExists, EventsExpired,
│   │   TooManySubscriptions, TooManyWatchers
│   └── ExecutionNotFound, AlertNotFound, AlertExists
├── ServiceFault      domain gateway: we could not do it now
│   ├── DeadlineExceeded, Overloaded, StoreUnavailable, StoreFull, TokenUnavailable
│   ├── QuotaExceeded, BreakerOpen, BackendPaused, CallInProgress, CallUncertain
│   ├── ConnectionSuspended, RemovalFailed, FormatUnavailable
│   ├── FlowsOff, TriggerSuspended, MailUnavailable
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
