"The rules of the house that can be read off the files: what carry_on.ipynb checks of the imports, these check of the notebooks and the face."
import ast, importlib, json, re
from pathlib import Path

import pytest

import dualntm

TOP = Path(__file__).parent.parent
NOTEBOOKS = [path for path in sorted((TOP/"nbs").rglob("*.ipynb")) if not {".ipynb_checkpoints", "_proc"} & set(path.parts)]
OTHERS = {"item", "detach", "_fields", "fchmod", "fchown", "getuid", "sysconf", "reconfigure", "isatty", "SIGHUP", "enable_caching", "signatures"}  # of objects that are not ours


def cells(path): return [("".join(cell["source"]), cell["cell_type"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]


def longest_row(sources):
    "The most exported cells in a row, with nothing run between."
    most = row = 0
    for source, kind in sources:
        if kind != "code": continue
        row = row + 1 if re.search(r"^#\| *export", source, re.M) else 0
        most = max(most, row)
    return most


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_definition_is_used(path):
    "After a definition comes a line that uses it."
    assert longest_row(cells(path)) <= 6


def test_a_row_of_definitions_is_noticed():
    rows = [("#| export\ndef f(): pass", "code"), ("text", "markdown")] * 7
    assert longest_row(rows) == 7 and longest_row([*rows[:6], ("f()", "code"), *rows[:6]]) == 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_can_be_taken_in(path):
    for source, kind in cells(path):
        if kind == "code" and re.search(r"^#\| *export", source, re.M): assert len(source.splitlines()) <= 40, source.splitlines()[1]


def asked_for(tree):
    "What a module asks for by hasattr, or by getattr with a default, by name."
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hasattr" and isinstance(node.args[1], ast.Constant): yield node.args[1].value


@pytest.mark.parametrize("path", sorted(path for path in (TOP/"dualntm").rglob("*.py") if path.stem != "_modidx"), ids=lambda path: path.stem)
def test_own_objects_are_not_asked_what_they_have(path):
    "The protocols have defaults, so that nobody has to ask an object of ours whether it has something."
    assert set(asked_for(ast.parse(path.read_text(encoding="utf-8")))) <= OTHERS


def taken_out(tree, within=False):
    "The lines that take something out of the environment for good: outside of a `with ....dict(os.environ, ...)`, which puts it back."
    for node in ast.iter_child_nodes(tree):
        put_back = within or isinstance(node, ast.With) and any(".dict(os.environ" in ast.unparse(item.context_expr) for item in node.items)
        gone = isinstance(node, ast.Delete) and "os.environ[" in ast.unparse(node)
        gone |= isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.pop", "os.environ.clear", "os.unsetenv")
        if gone and not put_back: yield ast.unparse(node)
        yield from taken_out(node, put_back)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_environment_is_as_it_was(path):
    "Several notebooks are tested in one process, one after the other: the next one needs the server's password."
    code = "\n".join(re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.M) for source, kind in cells(path) if kind == "code" and not source.startswith("%%"))
    assert not [*taken_out(ast.parse(code))]


def test_a_setting_taken_out_is_noticed():
    assert [*taken_out(ast.parse("for n in names: os.environ.pop(n)"))] == ["os.environ.pop(n)"]
    assert [*taken_out(ast.parse("del os.environ['A']"))] and not [*taken_out(ast.parse("with patch.dict(os.environ): os.environ.clear()"))]


def opens_with_a_relative(text):
    "The sentences of a text that open with What, Who, That, Where or How and are no questions."
    text = re.sub(r"```.*?```|\$\$.*?\$\$|^\|.*$|^#.*$", " ", text, flags=re.S | re.M)
    sentences = [s.strip() for s in re.split(r"(?<=[.!?])\s+", text.strip()) if len(s) > 20]
    return sentences, [s for s in sentences if re.match(r"(What|Who|Whoever|Whatever|That which|Where|How)\b", s) and not s.endswith("?")]


def test_sentences_open_with_their_subject():
    every, odd = [], []
    for path in NOTEBOOKS:
        for source, kind in cells(path):
            if kind != "markdown": continue
            some, wrong = opens_with_a_relative(source)
            every, odd = every + some, odd + [f"{path.stem}: {s[:80]}" for s in wrong]
    assert len(every) > 1000 and len(odd) <= .01 * len(every), "\n".join(odd)


def test_the_face():
    "About forty names, each of which is there and has its word in the docstring."
    parts = set("ntm train graph dual text neo4j show cli".split())
    names = set(dualntm.__all__) - parts
    assert 35 <= len(names) <= 48
    for name in names:
        assert name in dualntm.__doc__, name
        assert getattr(dualntm, name).__doc__, name


def test_readme_is_a_front_door():
    text = (TOP/"README.md").read_text(encoding="utf-8")
    assert len(re.sub(r"```.*?```", "", text, flags=re.S).split()) <= 1000


@pytest.mark.parametrize("part", ["ntm", "train", "graph", "dual", "text", "neo4j", "show", "cli"])
def test_no_module_hides_a_name(part):
    "A module of the same name takes the place of what a part offers as soon as anything imports it."
    modules = {path.stem for path in (TOP/"dualntm"/part).glob("*.py")}
    assert not modules & set(importlib.import_module(f"dualntm.{part}").__all__)
