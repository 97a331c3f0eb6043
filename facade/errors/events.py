"""What can be wrong with what is asked of events, subscriptions and deliveries."""

from facade.errors.caller import CallerFault
from facade.errors.fault import Code


class EventsExpired(CallerFault):
    """Events behind a resume token are no longer kept."""

    code = Code.OUT_OF_RANGE
    reason = "EVENTS_EXPIRED"
    cause = "Events behind the resume token are older than `history_days`, and were removed."
    remedy = (
        "Watch without a token: it begins with what happens now. ListEvents has what is still "
        "kept; read what is about the time between where it is, for example by ListRuns."
    )


class SubscriptionNotFound(CallerFault):
    """No subscription has that name."""

    code = Code.NOT_FOUND
    reason = "SUBSCRIPTION_NOT_FOUND"
    cause = "No subscription has that name."
    remedy = "See `portico subscription list`."


class SubscriptionExists(CallerFault):
    """A subscription has that name already."""

    code = Code.ALREADY_EXISTS
    reason = "SUBSCRIPTION_EXISTS"
    cause = "A subscription has that name already."
    remedy = "Choose another id, or change what is there: `portico subscription update`."


class DeliveryNotFound(CallerFault):
    """No delivery has that name."""

    code = Code.NOT_FOUND
    reason = "DELIVERY_NOT_FOUND"
    cause = "No delivery has that name; those that ended are kept for `history_days`."
    remedy = "See `portico delivery list`."


class TooManySubscriptions(CallerFault):
    """The tenant has as many subscriptions as it may have."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "TOO_MANY_SUBSCRIPTIONS"
    cause = "A tenant has 200 subscriptions at most."
    remedy = "Delete one, or have one subscription name several types."


class TooManyWatchers(CallerFault):
    """As many watch events, or runs, as this process serves at a time."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "TOO_MANY_WATCHERS"
    cause = (
        "Events, or runs, are watched by 100 callers of a tenant, 1,000 of all, in a process "
        "already."
    )
    remedy = "End a watch, have one watch of events name several types, or ask by GetRun."
