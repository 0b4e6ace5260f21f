"""The house stays tidy: small files, small functions, a docstring first, a pure domain, no name clashes."""

import ast
import io
import re
import subprocess
import tokenize
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("domain", "handlers", "adapters", "serverless", "sandbox", "scripts", "tests")
LINES_MAX = 400
FUNCTION_MAX = 40
TESTED_FUNCTION_MAX = 60
"""A story may be told at a little more length."""
VAGUE = {"utils", "helpers", "common", "base", "manager", "service", "misc"}
IMPURE_CALLS = {"now", "today", "utcnow", "uuid4", "uuid1", "urandom", "getenv", "monotonic", "sleep"}
IMPURE_MODULES = {"random", "time", "os", "uuid", "secrets", "socket", "threading"}
SECRET_NAMES = re.compile(r"(^|_)(sign|signature|mac|hmac|mark|token|code_mark|digest)$")
FOREIGN_WORDS = re.compile(
    r"/work/|/opt/|/root/|\b(claude|anthropic|gpt|llm|copilot|subagent)\b|files\.pythonhosted|registry\.npmjs|pypi\.org",
    re.IGNORECASE,
)


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms or ROOMS for path in (ROOT / room).rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources(), ids=named)
def test_a_file_is_short_and_says_first_what_it_is_for(path: Path) -> None:
    text = path.read_text()

    assert len(text.splitlines()) <= LINES_MAX
    assert ast.get_docstring(ast.parse(text)), "the module's docstring comes first"
    assert path.stem not in VAGUE


@pytest.mark.parametrize("path", sources(), ids=named)
def test_functions_are_short(path: Path) -> None:
    most = TESTED_FUNCTION_MAX if path.is_relative_to(ROOT / "tests") else FUNCTION_MAX
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]

    long = {
        node.name: length
        for node in functions
        if (length := (node.end_lineno or 0) - node.lineno + 1) > most and not _only_registers(node)
    }

    assert long == {}


def _only_registers(node: ast.FunctionDef) -> bool:
    """A function that holds nothing but views: each of them is measured by itself."""
    return any(isinstance(inner, ast.FunctionDef) for inner in node.body)


@pytest.mark.parametrize("path", sources("domain"), ids=named)
def test_the_domain_reads_no_clock_no_chance_no_environment_and_knows_no_float(path: Path) -> None:
    tree = ast.parse(path.read_text())
    found: list[str] = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in IMPURE_CALLS
        ):
            found.append(node.func.attr)
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in IMPURE_MODULES]
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in IMPURE_MODULES:
            found.append(node.module or "")
        if isinstance(node, ast.Name) and node.id == "float":
            found.append("float")
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(str(node.value))

    assert found == []


@pytest.mark.parametrize("path", sources("domain", "handlers", "adapters", "serverless"), ids=named)
def test_marks_and_tokens_are_compared_in_constant_time(path: Path) -> None:
    compared = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        and any(SECRET_NAMES.search(name) for name in _names(node))
    ]

    assert compared == []


def _names(node: ast.Compare) -> Iterator[str]:
    for side in (node.left, *node.comparators):
        if isinstance(side, ast.Attribute):
            yield side.attr
        elif isinstance(side, ast.Name):
            yield side.id


@pytest.mark.parametrize("path", sources("domain", "handlers", "adapters", "serverless"), ids=named)
def test_only_the_table_and_the_runner_write_to_the_store(path: Path) -> None:
    calls = {"put_item", "update_item", "delete_item", "transact_write_items", "batch_write_item"}
    names = {
        node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
    } & calls

    assert names == set()


def test_no_installed_package_has_the_name_of_a_room() -> None:
    ours = {"domain", "handlers", "adapters", "serverless", "sandbox", "handler", "zappa_settings"}

    assert ours & set(packages_distributions()) == set()


def tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_no_file_speaks_of_machines_registries_or_how_it_was_made() -> None:
    found = {}
    for path in tracked():
        if path == Path(__file__) or path.suffix == ".png":
            continue
        lines = [line for line in path.read_text(errors="replace").splitlines() if FOREIGN_WORDS.search(line)]
        if lines:
            found[named(path)] = lines[:3]

    assert found == {}


def test_no_secret_is_committed() -> None:
    marks = re.compile(r"-----BEGIN (RSA |EC |)PRIVATE KEY-----\s*\n[A-Za-z0-9+/=\s]{100,}|AKIA[0-9A-Z]{16}")

    assert [named(path) for path in tracked() if marks.search(path.read_text(errors="replace"))] == []


@pytest.mark.parametrize("path", sources("domain", "handlers", "adapters", "serverless"), ids=named)
def test_no_code_is_commented_out(path: Path) -> None:
    code = re.compile(r"^#\s*(def |class |import |from \w+ import|return |if .*:$|for .*:$|\w+ = )")
    with path.open("rb") as file:
        comments = [
            token.string
            for token in tokenize.tokenize(io.BytesIO(file.read()).readline)
            if token.type == tokenize.COMMENT
        ]

    assert [comment for comment in comments if code.match(comment)] == []


def test_the_layers_of_the_documentation_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    checked = next(each["layers"] for each in contracts if each["name"] == "business areas form layers")
    page = (ROOT / "docs" / "architecture.md").read_text()
    told = page.split("import downwards only:\n\n```text\n")[1].split("```")[0]

    assert [line.split(", ") for line in told.split("\n") if line] == [
        layer.split(" | ") for layer in checked
    ]
