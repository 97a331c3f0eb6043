#!/usr/bin/env python3
"""Generates docs/metrics.md from the instruments; with --check it only says whether it is current.

`python3 dev.py fix` runs it in the environment that it needs.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from docs.publish import publish
from facade.telemetry.instrument import Instrument, Kind
from facade.telemetry.instruments import BOUNDARIES, READ, RECORDED
from facade.telemetry.tally import OTHER

PAGE = Path(__file__).resolve().with_name("metrics.md")

HEAD = """\
# Metrics

<!-- Generated from facade/telemetry/instruments.py by docs/metrics_page.py: change it there. -->

`--admin 127.0.0.1:9090` serves them at `/metrics`, beside `/healthz` and `/readyz`; so does the
HTTP face (`--http`). Beyond loopback a token is needed: `metrics_token`. Prometheus' text format
0.0.4 and OpenMetrics 1.0 are spoken, the second with exemplars: the trace of a call that fell into
a bucket. Of several workers it is the sum, a second old at most, without exemplars.

With `OTEL_EXPORTER_OTLP_ENDPOINT` (or `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`) they go to a collector
too, every `OTEL_METRIC_EXPORT_INTERVAL` milliseconds (60000); `OTEL_METRICS_EXPORTER=none` turns
that off. There they have OpenTelemetry's names, and each worker speaks for itself. A collector that
is down holds up nothing.

Where nobody asks for metrics, nothing is counted, and nothing is paid for it.

Labels come from the catalog and from fixed lists, never from what a caller sends: of a call to an
action that there is not, `connector`, `version` and `action` are empty. Where there are more values
than a metric tells apart, those beyond count together as `OTHER`, so that a process has at most
10,000 series whatever its calls are. No label is a tenant: connectors of one name in several
tenants count together.
"""

ASKED = """\
## What to ask

Calls a second, and the part of them that fails for a reason of the backend's:

```text
sum by (connector) (rate(portico_calls_total[5m]))
sum by (connector) (rate(portico_call_duration_seconds_count{domain="backend"}[5m]))
  / sum by (connector) (rate(portico_call_duration_seconds_count[5m]))
```

The time that 95 of 100 calls stay below, and that of the tries at the backend alone:

```text
histogram_quantile(0.95,
  sum by (le, connector) (rate(portico_call_duration_seconds_bucket[5m])))
histogram_quantile(0.95,
  sum by (le, connector) (rate(http_client_request_duration_seconds_bucket[5m])))
```

How many calls the cache has answered, what the limits refuse, and which servers are left alone:

```text
sum(rate(portico_cache_outcomes_total{cache_status="hit"}[5m]))
  / sum(rate(portico_cache_outcomes_total[5m]))
sum by (connector) (rate(portico_limit_refusals_total[5m]))
sum by (connector, version) (portico_breakers{state="open"})
```

What is worth an alert:

```text
portico_redis_up == 0
rate(portico_ledger_errors_total[5m]) > 0
portico_event_loop_lag_seconds > 0.25
process_open_fds / process_max_fds > 0.8
```

## Where one call's time went

Every call says it itself. The last metadata of an RPC, good or bad, and the answers of `/v1` have
`server-timing` (W3C Server-Timing), in milliseconds: `gateway;dur=15.2, facade;dur=13.1,
backend;dur=11.9`. `facade` is there for indirect versions, `backend` where it was asked: the sum of
all tries.

"""


def page() -> str:
    """The whole of docs/metrics.md."""
    bounds = ", ".join(f"{each:g}" for each in BOUNDARIES)
    return "\n".join(
        [
            HEAD.replace("OTHER", OTHER),
            f"## What calls leave behind\n\nDurations are histograms with the bounds {bounds}.\n",
            table(RECORDED),
            "## How full everything is\n",
            table(READ),
            ASKED.rstrip() + "\n",
        ]
    )


def table(instruments: Iterable[Instrument]) -> str:
    """A row for each."""
    rows = ["| metric | in OpenTelemetry | labels | what it says |", "|---|---|---|---|"]
    return "\n".join([*rows, *map(row, instruments)]) + "\n"


def row(each: Instrument) -> str:
    """One row."""
    total = "_total" if each.kind is Kind.COUNTER else ""
    labels = ", ".join(f"`{label}`" for label in each.labels)
    unit = f" ({each.unit})" if each.unit in {"s", "By"} else ""
    return f"| `{each.exposed}{total}` | `{each.name}`{unit} | {labels} | {each.text} |"


if __name__ == "__main__":
    sys.exit(publish(PAGE, page(), "facade/telemetry/instruments.py says"))
