"""dev.py: when it sets up anew, and what it says where it cannot."""

import ast
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dev

FILE = Path(dev.__file__)
CHECKOUT = dev.ROOT


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, in a path with a space, that dev.py takes for its place."""
    root = tmp_path / "a checkout"
    (root / "pins").mkdir(parents=True)
    for name in ("pins/run.txt", "pins/dev.txt", "pyproject.toml"):
        (root / name).write_text("# nothing\n")
    monkeypatch.setattr(dev, "ROOT", root)
    monkeypatch.setattr(dev, "VENV", root / ".venv")
    monkeypatch.setattr(dev, "PYTHON", root / ".venv/bin/python")
    monkeypatch.setattr(dev, "STAMP", root / ".venv/portico.stamp")
    return root


@pytest.fixture
def venv(root: Path) -> Path:
    """An environment whose Python runs."""
    (root / ".venv/bin").mkdir(parents=True)
    (root / ".venv/bin/python").symlink_to(sys.executable)
    return root / ".venv"


def stub(path: Path, lines: str) -> str:
    """A Python that is none."""
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("version", [(3, 6), (3, 7), (3, 10)])
def test_an_old_python_can_read_the_file_so_far_that_it_says_what_is_wrong(
    version: tuple[int, int],
) -> None:
    ast.parse(FILE.read_text(), feature_version=version)
    code = (
        "import runpy, sys; "
        f"sys.version_info = {(*version, 1, 'final', 0)}; sys.argv = ['dev.py', 'test']; "
        f"runpy.run_path({str(FILE)!r}, run_name='__main__')"
    )
    with pytest.raises(dev.Failure) as problem:
        dev.run(sys.executable, "-c", code)
    said = str(problem.value)
    assert f"this is Python {version[0]}.{version[1]}" in said
    assert "Remedy: " in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["pins/run.txt", "pyproject.toml"])
def test_the_stamp_is_another_when_pins_or_project_change(root: Path, name: str) -> None:
    before = dev.stamp("run")
    assert dev.stamp("run") == before
    (root / name).write_text("# changed\n")
    assert dev.stamp("run") != before


def test_the_pins_of_the_tools_do_not_touch_the_stamp_of_the_gateway(root: Path) -> None:
    before = dev.stamp("run")
    (root / "pins/dev.txt").write_text("# changed\n")
    assert dev.stamp("run") == before


@pytest.mark.parametrize("stamped", ["run", "dev"])
def test_an_environment_that_is_stamped_is_left_alone(
    venv: Path, capsys: pytest.CaptureFixture[str], stamped: str
) -> None:
    dev.STAMP.write_text(dev.stamp(stamped))
    dev.set_up("run")
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in venv.iterdir()) == ["bin", "portico.stamp"]


def test_the_tools_need_more_than_the_gateway(venv: Path) -> None:
    dev.STAMP.write_text(dev.stamp("run"))
    assert dev.stamped() != dev.stamp("dev")
    assert venv.is_dir()


def test_an_environment_that_somebody_else_made_is_used(venv: Path) -> None:
    assert dev.usable()
    dev.make_venv()
    assert (venv / "bin/python").is_symlink()


def test_an_environment_that_was_moved_is_made_anew(venv: Path) -> None:
    dev.STAMP.write_text(f"{dev.ROOT.parent / 'elsewhere'}\nrun 0")
    assert not dev.usable()
    assert venv.is_dir()


def test_an_environment_whose_python_is_gone_is_made_anew(venv: Path) -> None:
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to(venv / "gone")
    assert not dev.usable()


def test_an_interrupted_set_up_is_done_anew_and_said_once(
    venv: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "gateway").mkdir()
    (root / "gateway/__main__.py").write_text("import sys; print(sys.argv[1:])")
    dev.STAMP.write_text(f"{root}\n{dev.UNFINISHED}")
    (venv / "half").touch()
    dev.set_up("run")
    assert not (venv / "half").exists()
    assert "packages of pins/run.txt     ok" in capsys.readouterr().out
    assert dev.run(dev.VENV / "bin/portico", "get", "a b") == "['get', 'a b']\n"
    dev.set_up("run")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param('echo "Error: ensurepip is not available" >&2; exit 1', id="no ensurepip"),
        pytest.param('echo "python: No module named venv" >&2; exit 1', id="no venv"),
        pytest.param(
            'case "$*" in *without-pip*) exit 0;; *-m\\ venv*) echo "cannot" >&2; exit 1;; '
            '*) echo "python: No module named pip" >&2; exit 1;; esac',
            id="no pip",
        ),
    ],
)
def test_a_python_without_venv_or_pip_is_named_with_its_remedy(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lines: str,
) -> None:
    monkeypatch.setattr(dev, "BASE", stub(root / "python", lines))
    with pytest.raises(SystemExit) as ended:
        dev.set_up("dev")
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "environment                  FAILED" in said
    assert "Remedy: This Python comes without venv or pip." in said
    assert "apt install python3-venv" in said
    assert not dev.usable()


def test_a_folder_that_cannot_be_written_is_named_with_its_remedy(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / ".venv").touch()  # a file where the folder has to be; root may write anywhere
    with pytest.raises(SystemExit):
        dev.set_up("run")
    assert "environment                  FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not what pins/ names"),
        ("Retrying after NewConnectionError(...)\nNo matching distribution", "index can be reach"),
        ("Temporary failure in name resolution", "No package index can be reached"),
        ("ReadTimeoutError: Read timed out.", "No package index can be reached"),
        ("SSLError(CERTIFICATE_VERIFY_FAILED)\nNo matching distribution", "PIP_CERT"),
        ("[Errno 13] Permission denied: '/x'", "a copy"),
        ("[Errno 30] Read-only file system: '/x'", "a copy"),
        ("ERROR: No matching distribution found for ruff==1", "use CPython 3.11 to 3.13"),
    ],
)
def test_what_a_tool_says_has_its_remedy(
    capsys: pytest.CaptureFixture[str], said: str, remedy: str
) -> None:
    assert dev.report([(dev.Step("packages", object), said)], dev.REMEDIES.items()) == 1
    shown = capsys.readouterr().out
    assert said in shown
    assert remedy in shown.partition("Remedy: ")[2].replace("\n", " ")


def test_what_a_check_says_is_not_taken_for_a_fault_of_the_machine(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dev.report([(dev.Step("mypy", object), 'error: "Connection" has no attribute "x"')])
    assert "Remedy" not in capsys.readouterr().out


def test_every_step_has_its_line_and_none_is_left_out_after_a_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def raises(problem: Exception) -> Callable[[], None]:
        def work() -> None:
            raise problem

        return work

    failures = dev.attempt(
        dev.Step("one", raises(dev.Failure("it broke"))),
        dev.Step("two", raises(dev.Skip("no git here"))),
        dev.Step("three", raises(OSError(28, "No space left on device"))),
        dev.Step("four", object),
    )
    assert [(step.name, said) for step, said in failures] == [
        ("one", "it broke"),
        ("three", "[Errno 28] No space left on device"),
    ]
    lines = [line.rsplit(maxsplit=2)[0].split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["one", "FAILED"],
        ["two", "skipped:", "no", "git", "here"],
        ["three", "FAILED"],
        ["four", "ok"],
    ]


def test_a_command_that_fails_without_a_word_is_named() -> None:
    with pytest.raises(dev.Failure, match="ended with 3"):
        dev.run(sys.executable, "-c", "raise SystemExit(3)")


def test_tools_see_no_modules_of_another_python_and_keep_what_they_compile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("HOME", raising=False)
    environment = dev.environment()
    assert "PYTHONPATH" not in environment
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["PATH"].startswith(f"{dev.VENV}/bin:")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 0, "usage: python3 dev.py COMMAND"),
        (["--help"], 0, "  bench "),
        (["tset"], 2, "dev.py has no command 'tset'"),
        (["fix", "--all"], 2, "takes no arguments"),
        *((([name, "--help"], 0, f"usage: python3 dev.py {name}")) for name in dev.COMMANDS),
    ],
)
def test_help_is_there_without_any_set_up(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    assert dev.main(arguments) == code
    assert said in capsys.readouterr().out
    assert not (root / ".venv").exists()


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "tag.gpgsign=false")
    dev.run("git", *who, "-c", "commit.gpgsign=false", *arguments)
    assert root.is_dir()


def test_protos_are_compared_with_the_last_tag(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("git") or not (CHECKOUT / ".googleapis").is_dir():
        pytest.skip("needs git, and the .googleapis that `dev.py protos` lays")
    monkeypatch.setattr(dev, "VENV", CHECKOUT / ".venv")
    with pytest.raises(dev.Skip, match="no git here"):
        dev.check_breaking()
    shutil.copytree(CHECKOUT / "protos", root / "protos")
    shutil.copytree(CHECKOUT / ".googleapis", root / ".googleapis")
    shutil.copy(CHECKOUT / "buf.yaml", root)
    git(root, "init", "-q")
    with pytest.raises(dev.Skip, match="no tag yet"):
        dev.check_breaking()
    git(root, "add", "protos", "buf.yaml")
    git(root, "commit", "-q", "-m", "Protos")
    git(root, "tag", "v0.1.0")
    dev.check_breaking()
    proto = root / "protos/gateway/v1/gateway.proto"
    proto.write_text(proto.read_text().replace("string parameters_json =", "string other_json ="))
    with pytest.raises(dev.Failure, match="parameters_json"):
        dev.check_breaking()
