"""Imports inside the package go one way.

``diagnosis -> imbalance -> model_selection -> preprocessing, decision -> _core -> exceptions``,
where the siblings ``preprocessing`` and ``decision`` do not know each other. The one late import
lets an estimator hand what it recorded to ``diagnosis``.
"""

import ast
import sys
from pathlib import Path

import pytest

import sklearn_lossfix

PACKAGE = "sklearn_lossfix"

# {part: the parts it may import}; a part may always import itself.
ALLOWED = {"_version": set(), "exceptions": set()}
ALLOWED["_core"] = {"_version", "exceptions"}
ALLOWED["preprocessing"] = {"_core"} | ALLOWED["_core"]
ALLOWED["decision"] = {"_core"} | ALLOWED["_core"]
ALLOWED["model_selection"] = (
    {"preprocessing", "decision"} | ALLOWED["preprocessing"] | ALLOWED["decision"]
)
ALLOWED["imbalance"] = {"model_selection"} | ALLOWED["model_selection"]
ALLOWED["diagnosis"] = {"imbalance"} | ALLOWED["imbalance"]
# Export, the bridge to skore and the command line are the outermost layers. The package's own
# namespace only collects public names.
ALLOWED["onnx"] = set(ALLOWED)
ALLOWED["skore"] = set(ALLOWED) - {"onnx"}
ALLOWED["cli"] = {PACKAGE} | set(ALLOWED)
ALLOWED[PACKAGE] = set(ALLOWED) - {"cli", "onnx", "skore"}

LATE_IMPORTS = {("_core/_diagnosable.py", "diagnosis")}

# joblib is how scikit-learn itself runs in parallel.
CORE_LIBRARIES = {"joblib", "numpy", "scipy", "sklearn"} | sys.stdlib_module_names


def part_of(path):
    """The part of the package a file belongs to, from its path below the package folder."""
    if path.as_posix() == "__init__.py":
        return PACKAGE
    return path.parts[0].removesuffix(".py")


def imported_modules(node):
    """Dotted names of the modules that one import statement loads."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.module == PACKAGE:
        return [
            f"{PACKAGE}.{alias.name}" if alias.name in ALLOWED else PACKAGE for alias in node.names
        ]
    return [node.module]


def import_nodes(tree):
    """Every import statement of a module, with whether it stands inside a function."""
    late = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, id(node) in late


def violations_of_import(source, path, node, is_late):
    """What one import statement of the file at `path` does against the rules."""
    where = f"{path.as_posix()}:{node.lineno}"
    if isinstance(node, ast.ImportFrom) and node.level:
        yield f"{where} uses a relative import"
        return
    for module in imported_modules(node):
        library, _, rest = module.partition(".")
        if library != PACKAGE:
            if source == "_core" and library not in CORE_LIBRARIES:
                yield f"{where} imports {library}, which _core may not use"
            continue
        target = rest.partition(".")[0] or PACKAGE
        if (path.as_posix(), target) in LATE_IMPORTS and is_late:
            continue
        if is_late and source != "cli":
            yield f"{where} imports {target} inside a function"
        if target != source and target not in ALLOWED[source]:
            yield f"{where} imports {target}, which {source} may not import"
        if source == PACKAGE and target != "_version" and "._" in module:
            yield f"{where} imports from the private module {module}"


def violations_of_names(tree):
    """What a top-level `__init__.py` holds besides its public names."""
    bound, public = set(), set()
    for node in tree.body:
        match node:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Import() | ast.ImportFrom():
                bound.update(alias.asname or alias.name for alias in node.names)
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                public.update(ast.literal_eval(value))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant()):
                bound.add(name)
            case _:
                yield f"__init__.py:{node.lineno} runs a statement"
    if bound != public:
        yield f"__init__.py binds {sorted(bound ^ public)} that differ from __all__"


def violations(package_folder):
    """Everything the modules below `package_folder` do against the rules, as sentences."""
    found = []
    for file in sorted(package_folder.rglob("*.py")):
        path = file.relative_to(package_folder)
        tree = ast.parse(file.read_text(encoding="utf-8"))
        source = part_of(path)
        if source not in ALLOWED:
            found.append(f"{path.as_posix()} belongs to no known part of the package")
            continue
        for node, is_late in import_nodes(tree):
            found.extend(violations_of_import(source, path, node, is_late))
        if source == PACKAGE:
            found.extend(violations_of_names(tree))
    return found


def test_imports_go_one_way():
    """No module of the package breaks the direction of imports."""
    assert violations(Path(sklearn_lossfix.__file__).parent) == []


def test_the_late_import_exists():
    """The exception made for the one late import is not kept after its reason has gone."""
    folder = Path(sklearn_lossfix.__file__).parent
    for path, target in LATE_IMPORTS:
        tree = ast.parse((folder / path).read_text(encoding="utf-8"))
        late = [
            module
            for node, is_late in import_nodes(tree)
            if is_late
            for module in imported_modules(node)
        ]
        assert any(module.startswith(f"{PACKAGE}.{target}") for module in late)


CLEAN_TREE = {
    "__init__.py": (
        '"""A package."""\n'
        "from sklearn_lossfix._version import __version__\n"
        "from sklearn_lossfix.decision import Rule\n"
        '__all__ = ["Rule", "__version__"]\n'
    ),
    "_version.py": '__version__ = "1"\n',
    "exceptions.py": "class Problem(ValueError): ...\n",
    "_core/__init__.py": "",
    "_core/_scores.py": "import math\nfrom sklearn_lossfix.exceptions import Problem\n",
    "_core/_diagnosable.py": (
        "def diagnose(self):\n    from sklearn_lossfix.diagnosis import report\n    return report\n"
    ),
    "decision/__init__.py": "from sklearn_lossfix._core._scores import Problem as Rule\n",
    "preprocessing/__init__.py": "",
    "diagnosis/__init__.py": (
        "from sklearn_lossfix import _version\n"
        "from sklearn_lossfix.decision import Rule\n"
        "report = Rule\n"
    ),
    "cli.py": (
        "from sklearn_lossfix import Rule\n\ndef main():\n    import sklearn_lossfix.diagnosis\n"
    ),
}


def written_tree(folder, files):
    """Write `{path: source}` below `folder` and return it."""
    for path, source in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return folder


def test_guard_accepts_a_clean_tree(tmp_path):
    """The guard is silent on a package that keeps every rule."""
    assert violations(written_tree(tmp_path, CLEAN_TREE)) == []


@pytest.mark.parametrize(
    ("path", "source", "message"),
    [
        (
            "_core/_oof.py",
            "import sklearn_lossfix.decision",
            "decision, which _core may not import",
        ),
        ("_core/_oof.py", "from sklearn_lossfix import decision", "decision, which _core may not"),
        ("_core/_oof.py", "from sklearn_lossfix import Rule", "sklearn_lossfix, which _core may"),
        ("_core/_oof.py", "if 1:\n    import pandas", "pandas, which _core may not use"),
        (
            "_core/_oof.py",
            "def f():\n    import sklearn_lossfix.exceptions",
            "exceptions inside a function",
        ),
        ("exceptions.py", "import sklearn_lossfix._core", "_core, which exceptions may not import"),
        ("decision/_rule.py", "import sklearn_lossfix.preprocessing", "which decision may not"),
        ("preprocessing/_a.py", "import sklearn_lossfix.decision", "which preprocessing may not"),
        ("decision/_rule.py", "import sklearn_lossfix.diagnosis", "which decision may not"),
        ("decision/_rule.py", "from . import Rule", "decision/_rule.py:1 uses a relative import"),
        ("decision/_rule.py", "import sklearn_lossfix.cli", "cli, which decision may not import"),
        ("decision/_rule.py", "import sklearn_lossfix.onnx", "onnx, which decision may not import"),
        ("decision/_rule.py", "import sklearn_lossfix.skore", "skore, which decision may not"),
        (
            "__init__.py",
            'from sklearn_lossfix.onnx import to_onnx\n__all__ = ["to_onnx"]',
            "imports onnx, which sklearn_lossfix may not import",
        ),
        (
            "_core/_diagnosable.py",
            "from sklearn_lossfix.diagnosis import report",
            "diagnosis, which _core may not import",
        ),
        ("extra/_new.py", "", "extra/_new.py belongs to no known part"),
        (
            "__init__.py",
            'from sklearn_lossfix.decision._rule import Rule\n__all__ = ["Rule"]',
            "from the private module sklearn_lossfix.decision._rule",
        ),
        ("__init__.py", "import os\n__all__ = []", "binds ['os'] that differ from __all__"),
        ("__init__.py", "print(1)\n__all__ = []", "__init__.py:1 runs a statement"),
    ],
)
def test_guard_detects(tmp_path, path, source, message):
    """Each way of breaking the rules is reported, with the file it happens in."""
    found = violations(written_tree(tmp_path, CLEAN_TREE | {path: source}))
    assert any(message in sentence for sentence in found), found
    assert all(sentence.startswith(path) for sentence in found)
