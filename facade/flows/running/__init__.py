"""Runs of flows: asked for, put in line, executed, told of, and taken up after a crash.

The life of a run, module by module:

1. `requests`, or what triggers it, asks `Runs.start`: a row is put in line, once for its cause.
2. `executor` of some process claims the row, or takes over what a dead process has left, and has
   `durable` begin it or go on with it.
3. `interpreter` does its steps in their order; each asks `journal` to keep what it came to, and
   `world` to do what it does outside: `action_calls`, notifications, records, runs of other flows.
4. The executor writes down how it ended, and `reporter` tells of it.

`dry_run` goes through the same interpreter with a journal that keeps nothing.
"""
