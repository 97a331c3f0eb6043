"""What is measured, in one table: names, units, labels, and how many values each may have.

The names are those of OpenTelemetry, with its semantic conventions where there is one.
"""

from facade.telemetry import names
from facade.telemetry.instrument import Instrument, Kind, Over

BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Of the buckets of durations, in seconds: what the semantic conventions advise."""

RPC_SERVER_DURATION = Instrument(
    name=names.RPC_SERVER_CALL_DURATION,
    kind=Kind.HISTOGRAM,
    unit="s",
    text="How long RPCs took that the gateway answered.",
    attributes=(names.RPC_METHOD, names.RPC_STATUS),
    most=90,
)
HTTP_SERVER_DURATION = Instrument(
    name=names.HTTP_SERVER_REQUEST_DURATION,
    kind=Kind.HISTOGRAM,
    unit="s",
    text="How long requests took that the HTTP face answered, to the end of the answer.",
    attributes=(names.HTTP_METHOD, names.HTTP_ROUTE, names.HTTP_STATUS, names.ERROR_TYPE),
    most=90,
)
HTTP_CLIENT_DURATION = Instrument(
    name=names.HTTP_CLIENT_REQUEST_DURATION,
    kind=Kind.HISTOGRAM,
    unit="s",
    text="How long each try at a backend took; no status where no answer came.",
    attributes=(
        names.HTTP_METHOD,
        names.CONNECTOR,
        names.VERSION,
        names.HTTP_STATUS,
        names.ERROR_TYPE,
    ),
    most=120,
)
CALL_DURATION = Instrument(
    name=names.CALL_DURATION,
    kind=Kind.HISTOGRAM,
    unit="s",
    text="How long calls of actions took, with their waits, their cache and their repeats.",
    attributes=(names.CONNECTOR, names.VERSION, names.CODE, names.DOMAIN),
    most=120,
)
CALLS = Instrument(
    name=names.CALLS,
    kind=Kind.COUNTER,
    unit="{call}",
    text="Calls of actions that have ended, by what they came to.",
    attributes=(names.CONNECTOR, names.VERSION, names.ACTION, names.CODE, names.REASON),
    most=1500,
)
CALLS_UNDER_WAY = Instrument(
    name=names.CALLS_UNDER_WAY,
    kind=Kind.GAUGE,
    unit="{call}",
    text="Calls of actions that are under way, streams among them.",
)
STREAMS_UNDER_WAY = Instrument(
    name=names.STREAMS_UNDER_WAY,
    kind=Kind.GAUGE,
    unit="{stream}",
    text="Streams and walks over pages that are under way.",
)
RETRIES = Instrument(
    name=names.RETRIES,
    kind=Kind.COUNTER,
    unit="{try}",
    text="Tries at a backend beyond the first of a call.",
    attributes=(names.CONNECTOR, names.VERSION),
    most=100,
)
CACHE_OUTCOMES = Instrument(
    name=names.CACHE_OUTCOMES,
    kind=Kind.COUNTER,
    unit="{call}",
    text="Calls by the part that the cache had in their answer: hit, miss, stale, revalidated, "
    "bypass.",
    attributes=(names.CONNECTOR, names.CACHE_STATUS),
    most=100,
)
CACHE_FOREIGN = Instrument(
    name=names.CACHE_FOREIGN,
    kind=Kind.COUNTER,
    unit="{value}",
    text="Values of the shared store that were not what was written under their keys.",
)
LIMIT_REFUSALS = Instrument(
    name=names.LIMIT_REFUSALS,
    kind=Kind.COUNTER,
    unit="{call}",
    text="Calls that a limit of Portico's refused.",
    attributes=(names.CONNECTOR,),
)
LIMIT_WAITS = Instrument(
    name=names.LIMIT_WAITS,
    kind=Kind.COUNTER,
    unit="{call}",
    text="Calls that a limit had wait for their turn.",
)
LIMIT_WAIT_TIME = Instrument(
    name=names.LIMIT_WAIT_TIME,
    kind=Kind.COUNTER,
    unit="s",
    text="Time that calls have waited for their turn at a limit.",
)
BREAKERS = Instrument(
    name=names.BREAKERS,
    kind=Kind.GAUGE,
    unit="{breaker}",
    text="Breakers by state: closed, open, half-open. One for each server and caller.",
    attributes=(names.CONNECTOR, names.VERSION, names.STATE),
    most=90,
)
BREAKER_OPENINGS = Instrument(
    name=names.BREAKER_OPENINGS,
    kind=Kind.COUNTER,
    unit="{opening}",
    text="How often a breaker has opened.",
    attributes=(names.CONNECTOR, names.VERSION),
)
BULKHEAD_PLACES = Instrument(
    name=names.BULKHEAD_PLACES,
    kind=Kind.GAUGE,
    unit="{call}",
    text="Calls that have a place at a server.",
    attributes=(names.CONNECTOR, names.VERSION),
)
BULKHEAD_WAITING = Instrument(
    name=names.BULKHEAD_WAITING,
    kind=Kind.GAUGE,
    unit="{call}",
    text="Calls that wait for a place at a server.",
    attributes=(names.CONNECTOR, names.VERSION),
)
OVERLOAD_LIMIT = Instrument(
    name=names.OVERLOAD_LIMIT,
    kind=Kind.GAUGE,
    unit="{call}",
    text="Calls that may be under way, by how late the event loop is.",
)
OVERLOAD_UNDER_WAY = Instrument(
    name=names.OVERLOAD_UNDER_WAY,
    kind=Kind.GAUGE,
    unit="{call}",
    text="Calls that were let in and are not done.",
)
OVERLOAD_WAITING = Instrument(
    name=names.OVERLOAD_WAITING,
    kind=Kind.GAUGE,
    unit="{call}",
    text="Calls that wait for room among those under way.",
)
OVERLOAD_REFUSALS = Instrument(
    name=names.OVERLOAD_REFUSALS,
    kind=Kind.COUNTER,
    unit="{call}",
    text="Calls that found no room in time.",
    attributes=(names.PRIORITY,),
)
RUNS = Instrument(
    name=names.RUNS,
    kind=Kind.COUNTER,
    unit="{run}",
    text="Runs of flows that have ended in this process, by what they came to.",
    attributes=(names.FLOW, names.STATE),
    most=200,
)
RUNS_UNDER_WAY = Instrument(
    name=names.RUNS_UNDER_WAY,
    kind=Kind.GAUGE,
    unit="{run}",
    text="Runs of flows that this process does, those that wait among them.",
    attributes=(names.FLOW,),
    most=60,
)
RUN_TIME = Instrument(
    name=names.RUN_TIME,
    kind=Kind.COUNTER,
    unit="s",
    text="Time that this process had runs of flows under way.",
    attributes=(names.FLOW,),
    most=60,
)
CONNECTIONS = Instrument(
    name=names.CONNECTIONS,
    kind=Kind.GAUGE,
    unit="{connection}",
    text="Open connections to backends by state: used, idle.",
    attributes=(names.STATE,),
)
TOKENS = Instrument(
    name=names.TOKENS,
    kind=Kind.COUNTER,
    unit="{token}",
    text="Access tokens that were asked for, by result: fetched, failed.",
    attributes=(names.RESULT,),
)
REDIS_UP = Instrument(
    name=names.REDIS_UP,
    kind=Kind.GAUGE,
    unit="1",
    text="1 while the shared store (Redis) is asked, 0 while calls go on without it.",
    over=Over.LEAST,
)
REDIS_COMMANDS = Instrument(
    name=names.REDIS_COMMANDS,
    kind=Kind.COUNTER,
    unit="{command}",
    text="Commands to the shared store.",
)
REDIS_ERRORS = Instrument(
    name=names.REDIS_ERRORS,
    kind=Kind.COUNTER,
    unit="{command}",
    text="What failed at the shared store, by kind: timeout, LOADING, OOM.",
    attributes=(names.ERROR_TYPE,),
)
REDIS_DROPS = Instrument(
    name=names.REDIS_DROPS,
    kind=Kind.COUNTER,
    unit="{command}",
    text="Writes to the shared store that were not even tried.",
)
LEDGER_ERRORS = Instrument(
    name=names.LEDGER_ERRORS,
    kind=Kind.COUNTER,
    unit="{transaction}",
    text="Transactions that the database of connectors has failed.",
)
LEDGER_READ_ONLY = Instrument(
    name=names.LEDGER_READ_ONLY,
    kind=Kind.GAUGE,
    unit="1",
    text="1 since the disk of the database has failed to keep a change: no other is tried.",
    over=Over.GREATEST,
)
CATALOG_STALE = Instrument(
    name=names.CATALOG_STALE,
    kind=Kind.GAUGE,
    unit="1",
    text="1 while the database does not answer: what others change meanwhile is not known.",
    over=Over.GREATEST,
)
CATALOG_VERSIONS = Instrument(
    name=names.CATALOG_VERSIONS,
    kind=Kind.GAUGE,
    unit="{version}",
    text="Versions of connectors that this process knows.",
    over=Over.GREATEST,
)
CATALOG_DRIFT = Instrument(
    name=names.CATALOG_DRIFT,
    kind=Kind.GAUGE,
    unit="{connector}",
    text="Connectors that others changed beside the files of the folder that is followed.",
    over=Over.GREATEST,
)
TRACES_KEPT = Instrument(
    name=names.TRACES_KEPT,
    kind=Kind.GAUGE,
    unit="{trace}",
    text="Traces in memory for `portico trace`.",
)
SPANS_DROPPED = Instrument(
    name=names.SPANS_DROPPED,
    kind=Kind.COUNTER,
    unit="{span}",
    text="Spans that were lost since the collector did not take them.",
)
HISTORY_DROPPED = Instrument(
    name=names.HISTORY_DROPPED,
    kind=Kind.COUNTER,
    unit="{execution}",
    text="Calls and runs that history lacks since the ledger did not take them in time.",
)
HISTORY_WAITING = Instrument(
    name=names.HISTORY_WAITING,
    kind=Kind.GAUGE,
    unit="{execution}",
    text="Calls and runs that wait to be written to history.",
)
LOOP_LAG = Instrument(
    name=names.LOOP_LAG,
    kind=Kind.GAUGE,
    unit="s",
    text="By how much the event loop was late in the last seconds, at most.",
    over=Over.GREATEST,
)
PROCESS_CPU = Instrument(
    name=names.PROCESS_CPU,
    kind=Kind.COUNTER,
    unit="s",
    text="CPU time of the process, user and system.",
    standard="process_cpu_seconds",
)
PROCESS_MEMORY = Instrument(
    name=names.PROCESS_MEMORY,
    kind=Kind.GAUGE,
    unit="By",
    text="Resident memory of the process.",
    standard="process_resident_memory_bytes",
)
PROCESS_FILES = Instrument(
    name=names.PROCESS_FILES,
    kind=Kind.GAUGE,
    unit="{file_descriptor}",
    text="Open file descriptors of the process.",
    standard="process_open_fds",
)
PROCESS_MOST_FILES = Instrument(
    name=names.PROCESS_MOST_FILES,
    kind=Kind.GAUGE,
    unit="{file_descriptor}",
    text="File descriptors that the process may have open.",
    standard="process_max_fds",
)
GC_COLLECTIONS = Instrument(
    name=names.GC_COLLECTIONS,
    kind=Kind.COUNTER,
    unit="{collection}",
    text="Garbage collections of each generation.",
    attributes=(names.GC_GENERATION,),
    standard="python_gc_collections",
)
BUILD = Instrument(
    name=names.BUILD,
    kind=Kind.GAUGE,
    unit="1",
    text="Always 1: which release runs on which Python.",
    attributes=(names.BUILD_VERSION, names.BUILD_PYTHON),
    over=Over.GREATEST,
    standard="portico_build_info",
)

RECORDED = (
    RPC_SERVER_DURATION,
    HTTP_SERVER_DURATION,
    HTTP_CLIENT_DURATION,
    CALL_DURATION,
    CALLS,
    RETRIES,
    CACHE_OUTCOMES,
    LIMIT_REFUSALS,
)
"""What is counted call by call."""

READ = (
    CALLS_UNDER_WAY,
    STREAMS_UNDER_WAY,
    CACHE_FOREIGN,
    LIMIT_WAITS,
    LIMIT_WAIT_TIME,
    BREAKERS,
    BREAKER_OPENINGS,
    BULKHEAD_PLACES,
    BULKHEAD_WAITING,
    OVERLOAD_LIMIT,
    OVERLOAD_UNDER_WAY,
    OVERLOAD_WAITING,
    OVERLOAD_REFUSALS,
    RUNS,
    RUNS_UNDER_WAY,
    RUN_TIME,
    CONNECTIONS,
    TOKENS,
    REDIS_UP,
    REDIS_COMMANDS,
    REDIS_ERRORS,
    REDIS_DROPS,
    LEDGER_ERRORS,
    LEDGER_READ_ONLY,
    CATALOG_STALE,
    CATALOG_VERSIONS,
    CATALOG_DRIFT,
    TRACES_KEPT,
    SPANS_DROPPED,
    HISTORY_DROPPED,
    HISTORY_WAITING,
    LOOP_LAG,
    PROCESS_CPU,
    PROCESS_MEMORY,
    PROCESS_FILES,
    PROCESS_MOST_FILES,
    GC_COLLECTIONS,
    BUILD,
)
"""What the parts know of themselves, and are asked for when somebody looks."""
