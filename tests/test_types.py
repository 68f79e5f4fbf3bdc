"What editors and type checkers see: the stubs are of today's modules, and a program that uses the face has nothing wrong in it, while mistakes are noticed."
import ast, json, runpy, subprocess, sys
from pathlib import Path

import dualntm

TOP = Path(__file__).parent.parent
MISTAKES = """
from dualntm import CopyTask, NTM, Nothing, Trainer
task = CopyTask(sequence_widht=8)
trainer = Trainer(task, NTM(9, 8), folder=3)
trainer.fitt()
trainer.fit(progress="yes")
"""


def test_the_stubs_are_of_today():
    made = runpy.run_path(str(TOP/".ci"/"stubs.py"))["stubs"]()
    assert {path for path in (TOP/"dualntm").rglob("*.pyi")} == set(made)
    assert [str(path) for path, text in made.items() if path.read_text(encoding="utf-8") != text] == [], "run python .ci/stubs.py"
    for text in made.values(): ast.parse(text)


def test_the_face_is_in_its_stub():
    (names,) = [node.value for node in ast.parse((TOP/"dualntm"/"__init__.pyi").read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    assert ast.literal_eval(names) == sorted(dualntm.__all__)
    assert (TOP/"dualntm"/"py.typed").exists()


def test_pyright(tmp_path):
    (wrong := tmp_path/"wrong.py").write_text(MISTAKES)
    done = subprocess.run([sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, TOP/"tests"/"typed_client.py", wrong], cwd=TOP, capture_output=True, text=True)
    said = [(Path(one["file"]).name, one["range"]["start"]["line"], one["message"]) for one in json.loads(done.stdout)["generalDiagnostics"]]
    assert [one for one in said if one[0] != "wrong.py"] == []
    assert [line for _, line, _ in said] == [1, 2, 3, 4, 5], said
