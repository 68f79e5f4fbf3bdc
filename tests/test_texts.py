"Texts and rows in other people's hands: a package without the repository, a process that is ended while it encodes, odd files."
import os, shutil, signal, sqlite3, subprocess, sys, time, warnings, zipfile
from contextlib import closing
from pathlib import Path

import pytest

from dualntm.errors import RowError
from dualntm.text import read_rows, read_splits, split_sentences

root = Path(__file__).parent.parent


def python(code, folder, *path, **environment):
    "What a process prints that runs `code` in a folder, with other places to import from."
    where = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path or (root,))), **environment}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=where, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_wheel_brings_the_sample_along(tmp_path):
    "A wheel is built and unpacked, and reads the sample far from the repository."
    source = tmp_path/"source"
    source.mkdir()
    for name in ("setup.py", "settings.ini", "README.md", "LICENSE", "MANIFEST.in"): shutil.copy(root/name, source)
    shutil.copytree(root/"dualntm", source/"dualntm", ignore=shutil.ignore_patterns("__pycache__"))
    built = subprocess.run([sys.executable, "setup.py", "-q", "bdist_wheel", "--dist-dir", str(tmp_path/"built")], cwd=source, capture_output=True, text=True)
    wheel, = (tmp_path/"built").glob("*.whl") if built.returncode == 0 else pytest.fail(built.stderr)
    with zipfile.ZipFile(wheel) as packed:
        names = {name: packed.getinfo(name).file_size for name in packed.namelist() if "/sample/" in name}
        packed.extractall(tmp_path/"unpacked")
    assert set(names) == {f"dualntm/sample/{split}.json" for split in ("train", "dev", "test")} and sum(names.values()) < 400_000
    says = "import dualntm.text.splits as n; print(n.__file__); print({name: len(rows) for name, rows in n.read_splits('sample').items()})"
    where, counts = python(says, tmp_path, tmp_path/"unpacked").splitlines()
    assert where.startswith(str(tmp_path)) and counts == "{'train': 108, 'dev': 30, 'test': 30}"


def test_a_folder_that_is_not_there(tmp_path, monkeypatch):
    "Its error says where the whole corpus is, and that there is a sample."
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RowError, match="data/cdcl-nli: found no such folder.*the whole .* repository.* data=sample"): read_splits("data/cdcl-nli")
    (tmp_path/"sample").mkdir()
    assert len(read_splits("sample")["train"]) == 108
    with pytest.raises(RowError, match="no such files"): read_splits("./sample/")


ENCODE = """
import random, sys
from dualntm.errors import Terminated, terminable
from dualntm.text import TextEncoder
encoder = TextEncoder(batch_size=2, progress=False)
draw = random.Random(0)
with terminable():
    try: encoder.encode([" ".join(draw.choices(["rain", "fell", "on", "the", "old", "wall"], k=60)) for _ in range(1500)])
    except Terminated: print(encoder.counts.encoded)
"""


def kept(path):
    "How many vectors a cache holds."
    with closing(sqlite3.connect(path, timeout=30)) as db:
        try: return db.execute("SELECT count(*) FROM vectors").fetchone()[0]
        except sqlite3.OperationalError: return 0  # not begun yet


def test_what_was_encoded_before_sigterm_is_kept(tmp_path):
    where = {**os.environ, "PYTHONPATH": str(root), "DUALNTM_CACHE": str(tmp_path/"cache"), "OMP_NUM_THREADS": "1"}
    process, file = subprocess.Popen([sys.executable, "-c", ENCODE], env=where, stdout=subprocess.PIPE, text=True), tmp_path/"cache"/"vectors.sqlite"
    try:
        while process.poll() is None and not (file.exists() and kept(file)): time.sleep(.2)
        process.send_signal(signal.SIGTERM)
        said = process.communicate()[0]
    finally: process.kill()
    assert process.returncode == 0 and 0 < int(said) == kept(file)


def test_files_with_a_byte_order_mark_and_halves_of_characters(tmp_path):
    row = '{"premise": [{"text": "It rains. It pours."}], "hypothesis": {"text": "It is wet."}, "label": "entailment", "label_evidence": ["It pours."]}'
    for name, content in (("a.json", f"[{row}]"), ("b.jsonl", row)):
        (tmp_path/name).write_bytes(b"\xef\xbb\xbf" + content.encode())
        assert [row.evidence for row in read_rows(tmp_path/name)] == [((0, 1),)]
    assert split_sentences("It \ud83d rains. It pours.", "en") == ("It \ud83d rains.", "It pours.")
    (tmp_path/"half.json").write_text(f"[{row}]".replace("It is wet", r"It is \ud83d"))
    with pytest.raises(RowError, match="half of a character"): read_rows(tmp_path/"half.json")


@pytest.mark.parametrize("nodes", ["[[9, 12], [3]]", '[["1"], ["0"]]', "[[1], [0]]"])
def test_files_in_which_nodes_are_numbered(tmp_path, nodes):
    "A file as the authors write it is read with the evidence of its texts, without a word; one without texts is read with a warning."
    texts = '"news1_translated": "The hall burned down. Work began.", "news2_translated": "Norvik leads. It rains.", "hypothesis": "Norvik works."'
    told, untold = (f'{{{texts}, "label": "{label}", "evidence_edu": {nodes}{more}}}' for label, more in (
        ("entailment", ', "label_evidence": ["The hall burned down.", "It rains."]'), ("neutral", "")))
    (tmp_path/"told.jsonl").write_text(told)
    (tmp_path/"both.jsonl").write_text(f"{told}\n{untold}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_rows(tmp_path/"told.jsonl")[0].evidence == ((0, 0), (1, 1))
    with pytest.warns(UserWarning, match="evidence_edu.*: 1, first .*row 2"):
        assert [row.evidence for row in read_rows(tmp_path/"both.jsonl")] == [((0, 0), (1, 1)), None]
