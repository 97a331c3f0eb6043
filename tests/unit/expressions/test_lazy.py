"""A gateway without flows loads none of the libraries of expressions."""

import subprocess
import sys

IMPORTS = "facade.expressions.paths, facade.expressions.conditions, facade.expressions.slots"


def test_the_libraries_are_loaded_with_the_first_expression_and_not_before() -> None:
    script = (
        f"import sys, {IMPORTS}\n"
        "print(sorted({'jmespath', 'cel_expr_python', 'minijinja'} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - this interpreter, and a text of here
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout == "[]\n"
