"""The walls of the house: file lengths, who writes a claim's state, settings that exist, words that do not belong."""

import ast
from pathlib import Path

from django.conf import global_settings

ROOT = Path(__file__).resolve().parent.parent
CODE = [
    p
    for top in ("claims", "factcheck", "workers", "seeds", "scripts", "bench", "clients")
    for p in (ROOT / top).rglob("*.py")
]
TESTS = list((ROOT / "tests").rglob("*.py"))
LIMITS = [(path, 400) for path in CODE if "migrations" not in path.parts] + [(path, 600) for path in TESTS]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_files_stay_short_enough_to_be_read_at_once():
    too_long = {_name(p): n for p, limit in LIMITS if (n := len(p.read_text(encoding="utf-8").splitlines())) > limit}

    assert too_long == {}


def test_no_file_is_a_drawer_for_everything():
    drawers = [_name(p) for p in CODE + TESTS if p.stem in {"utils", "helpers", "misc", "common"}]

    assert drawers == []


def _writes_state(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if ast.unparse(target) == "claim.state":
                return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            source = ast.unparse(node.func.value)
            if "Claim.objects" in source and any(keyword.arg == "state" for keyword in node.keywords):
                return True
    return False


def test_only_the_moves_write_a_claims_state():
    assert [_name(p) for p in CODE if _writes_state(p)] == ["claims/review/steps.py"]


def test_the_check_for_state_writers_can_fail(tmp_path: Path):
    planted = tmp_path / "planted.py"
    planted.write_text("claim.state = 'published'\n")

    assert _writes_state(planted)


def _assigned(file: Path) -> set[str]:
    """The names that a file gives values to, with or without a type beside them."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    targets = [target for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in nodes if isinstance(node, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def test_every_setting_that_tests_override_exists():
    overridden = _assigned(ROOT / "tests" / "settings.py")
    real = _assigned(ROOT / "factcheck" / "settings.py")

    assert overridden
    assert {name for name in overridden - real if not hasattr(global_settings, name)} == set()


def _functions(paths: list[Path]) -> list[tuple[Path, ast.FunctionDef]]:
    trees = [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]
    return [(path, node) for path, tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _can_fail(node: ast.FunctionDef, checkers: set[str]) -> bool:
    """Whether the function asserts, expects an error, or calls a function of the tests that does."""
    for part in ast.walk(node):
        if isinstance(part, ast.Assert):
            return True
        if isinstance(part, ast.Call):
            called = part.func.attr if isinstance(part.func, ast.Attribute) else ast.unparse(part.func)
            if called in {"raises", "fail", "expect", "django_assert_max_num_queries", *checkers}:
                return True
    return False


def test_every_test_function_can_fail():
    functions = _functions(TESTS)
    checkers = {node.name for _, node in functions if not node.name.startswith("test_") and _can_fail(node, set())}
    tests = [(path, node) for path, node in functions if node.name.startswith("test_")]

    assert [f"{_name(path)}::{node.name}" for path, node in tests if not _can_fail(node, checkers)] == []


def test_no_test_is_defined_twice_in_a_file():
    doubled = []
    for path in TESTS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef):
                names = [n.name for n in node.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
                doubled += [f"{_name(path)}::{n}" for n in set(names) if names.count(n) > 1]

    assert doubled == []
