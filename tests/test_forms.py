"Data as people have it: every form in every kind of file gives the same rows, columns with other names, forms of other packages, and what is wrong with a file in one sentence."
import csv, gzip, json, sys, warnings
from pathlib import Path

import pytest

from dualntm import registry
from dualntm.cli import main
from dualntm.errors import InputError, MissingPackage, RowError
from dualntm.text import CDCLNLITask, Encoder, PairForm, read_rows, read_splits
from processes import complains, run

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet  # noqa: E402

FORMS = {
    "official": [{"news1_translated": "The hall burned down. Work began.", "news2_translated": "Norvik leads it.", "hypothesis": "Norvik works.", "label": "entailment",
                  "evidence_sentences": [[1], [0]]},
                 {"news1_translated": "It rains.", "news2_translated": "It pours.", "hypothesis": "It is dry.", "label": "contradiction", "evidence_sentences": [[0], []]}],
    "older": [{"premise": [{"text": "It rains. It pours.", "language": "en"}, {"text": "他来了。", "language": "zh"}], "hypothesis": {"text": "It is wet.", "language": "en"},
               "label": "entailment", "evidence_sentences": [[0, 1], []]}],
    "pairs": [{"premise": 'He said "no, never".\tTwice; it rained.', "hypothesis": "He refused.", "label": "entailment", "language": "en", "event": "a"},
              {"premise": "“他来了。”他说。", "hypothesis": "他走了。", "label": "contradiction", "language": "zh", "event": "b"},
              {"premise": "One line.\nAnother line.", "hypothesis": "A third.", "label": "neutral", "language": "en", "event": "a"}],
    "snli": [{"gold_label": "neutral", "sentence1": '"Yes," he said.', "sentence2": "He agreed.", "genre": "talk"},
             {"gold_label": "-", "sentence1": "A dog.", "sentence2": "A cat.", "genre": "talk"},
             {"gold_label": "contradiction", "sentence1": "A dog, brown.", "sentence2": "A cat.", "genre": "news"}],
    "fever": [{"id": 1, "claim": "It is wet.", "evidence": ["It rains. It pours.", "It is May."], "label": "SUPPORTS"},
              {"id": 2, "claim": "It is dry.", "evidence": ["It rains."], "label": "REFUTES"},
              {"id": 3, "claim": "It is late.", "evidence": ["It rains."], "label": "NOT ENOUGH INFO"},
              {"id": 4, "claim": "It is early.", "evidence": [], "label": "NOT ENOUGH INFO"}],
    "climate-fever": [{"claim": "May is dry.", "claim_label": label, "evidences": [{"evidence": f"It rains in May, {n}.", "evidence_label": own} for n, own in enumerate(owns)]}
                      for label, owns in (("REFUTES", ("REFUTES", "NOT_ENOUGH_INFO")), ("NOT_ENOUGH_INFO", ("NOT_ENOUGH_INFO",)), ("DISPUTED", ("SUPPORTS", "REFUTES")),
                                          ("SUPPORTS", ("NOT_ENOUGH_INFO", "SUPPORTS")))]}
READ = {"official": [(0, ((0, 1), (1, 0))), (2, ((0, 0),))], "older": [(0, ((0, 0), (0, 1)))], "pairs": [(0, None), (2, None), (1, None)], "snli": [(1, None), (2, None)],
        "fever": [(0, ((0, 0), (0, 1), (1, 0))), (2, ((0, 0),)), (1, None)], "climate-fever": [(2, ((0, 0),)), (1, ()), (0, ((1, 0),))]}
LEFT = {"snli": 'of 3 (1 with the label "-"', "fever": "of 4 (1 with no sentence of evidence", "climate-fever": 'of 4 (1 with the label "DISPUTED"'}


def in_cell(value): return json.dumps(value) if isinstance(value, (dict, list)) else value


def put(folder, name, rows):
    "Rows in a file of any kind; `saved` is a folder as the package datasets leaves it. A .txt has no quoting, as SNLI is published."
    folder.mkdir(parents=True, exist_ok=True)
    path, ending = folder/name, name.rpartition(".")[2]
    if ending == "json": path.write_text(json.dumps(rows))
    elif ending == "jsonl": path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    elif ending == "txt": path.write_text("".join("\t".join(map(str, map(in_cell, line))) + "\n" for line in (list(rows[0]), *map(dict.values, rows))), encoding="utf-8")
    elif ending in ("csv", "tsv"):
        with open(path, "w", newline="", encoding="utf-8-sig") as f:
            writer = csv.DictWriter(f, list(rows[0]), delimiter="," if ending == "csv" else "\t")
            writer.writeheader()
            writer.writerows({field: in_cell(value) for field, value in row.items()} for row in rows)
    elif ending == "parquet": pa.parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        folder, table = (path, pa.Table.from_pylist(rows)) if ending != "arrow" else (folder, pa.Table.from_pylist(rows))
        file = path if ending == "arrow" else path/"data-00000-of-00001.arrow"
        file.parent.mkdir(exist_ok=True)
        with pa.OSFile(str(file), "wb") as f, pa.ipc.new_stream(f, table.schema) as writer: writer.write_table(table)
        if ending != "arrow": (path/"state.json").write_text(json.dumps({"_data_files": [{"filename": file.name}]}))
    return path


def unplaced(rows): return [row._replace(place="") for row in rows]


def read_quietly(path, **settings):
    "The rows, and the warnings."
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = read_rows(path, **settings)
    return rows, [str(warning.message) for warning in caught]


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_the_same_in_every_kind_of_file(tmp_path, name):
    first, _ = read_quietly(put(tmp_path, "rows.json", FORMS[name]))
    assert [(row.label, row.evidence) for row in first] == READ[name]
    for file in ("rows.jsonl", "rows.csv", "rows.tsv", "rows.parquet", "rows.arrow", "saved", *(() if name == "pairs" else ("rows.txt",))):
        rows, said = read_quietly(put(tmp_path, file, FORMS[name]))
        assert unplaced(rows) == unplaced(first), file
        assert len(said) == (name in LEFT) and LEFT.get(name, "") in "".join(said), said
        assert rows[0].place == f"{tmp_path/file}, row 1"


def test_every_form_and_ending_of_the_library_is_tried():
    assert list(FORMS) == [name for name, entry in registry.entries("form").items() if entry.place.startswith("dualntm.")]
    assert set(registry.entries("ending")) == {"json", "jsonl", "csv", "tsv", "txt", "parquet", "arrow"}


@pytest.mark.parametrize("file", ["rows.json", "rows.csv", "rows.tsv", "rows.txt", "rows.parquet", "saved"])
def test_columns_with_other_names(tmp_path, file):
    rows = [{"text_a": "It rains.", "text_b": "It is wet.", "gold": "0", "premise": "not this", "sentence1": "nor this"}, {"text_a": "It rains.", "text_b": "It is dry.", "gold": "2", "premise": "", "sentence1": ""}]
    path, columns = put(tmp_path, file, rows), "premise:text_a,hypothesis:text_b,label:gold"
    found = read_rows(path, columns=columns)
    assert [(row.documents, row.hypothesis, row.label, row.evidence) for row in found] == [((("It rains.",),), "It is wet.", 0, None), ((("It rains.",),), "It is dry.", 2, None)]
    with pytest.raises(RowError, match='row 1: found no column "text_c" for premise, expected one of those that are there: "text_a", "text_b", "gold"'):
        read_rows(path, columns="premise:text_c,hypothesis:text_b")
    assert [row.label for row in read_rows(path, labelled=False, columns="premise:text_a,hypothesis:text_b,label:there_is_none")] == [None, None]


def test_labels_of_other_data_sets(tmp_path):
    def pairs(labels): return [{"premise": "It rains.", "hypothesis": f"It is {n}.", "label": label} for n, label in enumerate(labels)]
    def read(labels): return [row.label for row in read_quietly(put(tmp_path, "labels.json", pairs(labels)))[0]]
    assert read([0, 1, 2, -1]) == read(["0", "1", "2", "-1"]) == read(["e", "n", "c", "-"]) == read(["Entailment", "NEUTRAL", "contradiction"]) == [0, 1, 2]
    for labels, says in ((["entailment", "not_entailment"], '"not_entailment".*this file has 2 labels'), ([0, 1, 2, 3, 4], "found 3.* or 0, 1, 2$"),
                         ([f"class {n}" for n in range(9)], "this file has 9 labels .*and so on"), (["entailment", "neutral", "contradiction", "entails"], 'row 4.*"entails", expected entail.*0, 1, 2$')):
        with pytest.raises(RowError, match=says): read(labels)
    assert "numbers 0 and 1 alone" in read_quietly(put(tmp_path, "two.csv", pairs([0, 1, 0])))[1][0]
    assert not read_quietly(put(tmp_path, "words.csv", pairs(["entailment", "neutral"])))[1]
    kept, said = read_quietly(put(tmp_path, "open.csv", pairs([0, -1, ""])), labelled=False)
    assert [row.label for row in kept] == [0, None, None] and not said


def test_names_of_classes_count_before_their_numbers(tmp_path):
    features = {"label": {"_type": "ClassLabel", "names": ["contradiction", "entailment", "neutral"]}}
    table = pa.Table.from_pylist([{"premise": "It rains.", "hypothesis": f"It is {n}.", "label": n} for n in range(3)])
    pa.parquet.write_table(table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})}), tmp_path/"a.parquet")
    assert [row.label for row in read_rows(tmp_path/"a.parquet")] == [2, 0, 1]


@pytest.mark.parametrize("ending", ["json", "csv", "tsv", "txt", "parquet", "saved"])
def test_a_folder_of_splits(tmp_path, ending):
    rows = [{"sentence1": f"Event {n} took place.", "sentence2": f"It is {m}.", "gold_label": label} for n in range(20) for m, label in enumerate(("entailment", "neutral", "contradiction"))]
    names = {"train": rows[:30], "validation": rows[30:45], "test": rows[45:]}
    for split, some in names.items(): put(tmp_path/"data", split if ending == "saved" else f"{split}.{ending}", some)
    (tmp_path/"data"/"README.txt").write_text("About these rows.")
    if ending == "saved": (tmp_path/"data"/"dataset_dict.json").write_text('{"splits": []}')
    assert {name: len(rows) for name, rows in read_splits(tmp_path/"data").items()} == {"train": 30, "dev": 15, "test": 15}
    if ending == "saved": assert len(read_splits(tmp_path/"data"/"train")["train"]) == 24


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "tsv"])
def test_compressed_rows(tmp_path, ending):
    rows = [{"sentence1": f"Event {n} took place.", "sentence2": f"It is {n}.", "gold_label": ("entailment", "neutral", "contradiction")[n % 3]} for n in range(30)]
    (tmp_path/"data").mkdir()
    plain = put(tmp_path, f"rows.{ending}", rows)
    packed, cut = tmp_path/"data"/f"train.{ending}.gz", tmp_path/f"cut.{ending}.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert unplaced(read_rows(packed)) == unplaced(read_rows(plain))
    put(tmp_path/"data", f"dev.{ending}", rows[:5])
    with pytest.warns(UserWarning, match="in more than one split"): found = read_splits(tmp_path/"data")
    assert {name: len(some) for name, some in found.items()} == {"train": 30, "dev": 5, "test": 0}
    for content in (packed.read_bytes()[:-20], plain.read_bytes()):
        cut.write_bytes(content)
        with pytest.raises(RowError, match=f"cut.{ending}.gz: can't be decompressed"): read_rows(cut)
    (tmp_path/"data"/f"train.{ending}").write_bytes(plain.read_bytes())
    with pytest.raises(RowError, match="found both train"): read_splits(tmp_path/"data")


WRONG = {"rows.xlsx": (b"PK", r"another ending, expected a file of rows \(.json, .jsonl, .csv, .tsv, .txt, .parquet or .arrow\)"),
         "wide.csv": ("premise,hypothesis\n".encode("utf-16"), "not UTF-8"), "short.csv": (b"premise,hypothesis,label\nA.,B.\n", "row 1: found 2 cells, expected 3"),
         "quote.csv": (b'premise,hypothesis,label\n"A.,B.,0\n', "at line 2"), "plain.txt": (b"It rains.\nIt pours.\n", "dualntm tell --text"),
         "none.csv": (b"premise,hypothesis,label\n", "found no rows"), "not.parquet": (b"It rains.", "no Parquet file"), "not.arrow": (b"It rains.", "no Arrow file"),
         "mixed.jsonl": (b'{"premise": "A.", "hypothesis": "B.", "label": 0}\n{"sentence1": "A.", "sentence2": "B.", "gold_label": "neutral"}\n', "row 2: found the snli form, expected the pairs form"),
         "both.json": (b'[{"premise": "A.", "hypothesis": "B.", "sentence1": "A.", "label": 0}]', "the fields of pairs and of snli"),
         "pointer.json": (b'[{"claim": "A.", "evidence": [[[1, 2, "Rain", 0]]], "label": "SUPPORTS"}]', 'a pointer to sentence 0 of the page "Rain"'),
         "number.json": (b'[{"claim": "A.", "evidence": ["B."], "label": 0}]', "expected SUPPORTS, REFUTES or NOT ENOUGH INFO"),
         "all.json": (b'[{"premise": "A.", "hypothesis": "B.", "label": -1}]', "no row that is not left out")}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_file_that_cant_be_used(tmp_path, name):
    content, says = WRONG[name]
    (tmp_path/name).write_bytes(content)
    with pytest.raises(RowError, match=says) as said: read_rows(tmp_path/name)
    assert str(said.value).startswith(str(tmp_path/name)) and "\n" not in str(said.value)


def test_columns_that_cant_be():
    for columns, says in (("premiss:a", "did you mean premise"), ("premise", "write FIELD:COLUMN"), ("premise:a,claim:b", "no form of rows has all"), ("premise:a,premise:b", "named twice")):
        with pytest.raises(InputError, match=says): CDCLNLITask("sample", columns=columns)


@pytest.mark.parametrize("file", ["rows.parquet", "rows.arrow", "saved"])
def test_pyarrow_that_is_missing(tmp_path, monkeypatch, file):
    path = put(tmp_path, file, FORMS["pairs"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackage, match=r"pip install 'dualntm\[parquet\]'"): read_rows(path)


PACKAGE = """
import json
from dualntm.text import PairForm

class Questions(PairForm):
    fields, others, hypothesis = ("passage",), ("answer", "label"), "answer"
    def fits(self, item): return "passage" in item

def lines(path):
    for n, line in enumerate(path.read_text().splitlines(), 1):
        passage, answer, label = line.split("|")
        yield f"{path}, row {n}", {"passage": passage, "answer": answer, "label": label}
"""


def test_a_form_and_an_ending_of_another_package(tmp_path, monkeypatch):
    "As pip would leave it: found by its entry points, without a line of the library."
    (tmp_path/"question_rows.py").write_text(PACKAGE)
    (about := tmp_path/"question_rows-1.0.dist-info").mkdir()
    (about/"METADATA").write_text("Metadata-Version: 2.1\nName: question-rows\nVersion: 1.0\nSummary: passages and answers\n")
    (about/"entry_points.txt").write_text("[dualntm.forms]\nquestions = question_rows:Questions\n\n[dualntm.endings]\nbars = question_rows:lines\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry.entries.cache_clear()
    try:
        (tmp_path/"rows.bars").write_text("It rains.|It is wet.|0\n")
        assert [(row.documents, row.hypothesis, row.label) for row in read_rows(tmp_path/"rows.bars")] == [((("It rains.",),), "It is wet.", 0)]
        with pytest.raises(RowError, match=r"\.arrow or \.bars"): read_rows(tmp_path/"rows.none")
    finally:
        monkeypatch.undo()
        registry.entries.cache_clear()


class Letters(Encoder):
    "Which letters are in a text."
    name, width = "letters", 32
    def vectors_of(self, texts): return [[1 + sum(ord(c) % 32 == n for c in text) for n in range(32)] for text in texts]


@pytest.fixture
def place(tmp_path, monkeypatch, capsys):
    "A folder to work in, an encoder that needs no model, and commands as they would be typed."
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUALNTM_CACHE", str(tmp_path/"cache"))
    registry.register("encoder", "letters", Letters)
    def typed(*words):
        capsys.readouterr()
        try: code = main([str(word) for word in words]) or 0
        except SystemExit as e: code = e.code or 0
        return code, *capsys.readouterr()
    yield tmp_path, typed
    registry.forget("encoder", "letters")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_run_on_a_table_with_its_own_columns(place):
    "Trained, judged, told and asked; the names of the columns are in the checkpoint, and may change when it is asked."
    folder, typed = place
    words = "cat dog horse bird mouse cow goat sheep fish snake duck bear".split()
    rows = [{"a": f"A {one} sleeps.", "b": f"The {one} is {state}.", "c": label} for one in words for state, label in (("asleep", 0), ("awake", 2), ("hungry", 1), ("odd", -1))]
    put(folder/"pairs", "pairs.csv", rows)
    columns = "columns=premise:a,hypothesis:b,label:c"
    code, out, err = typed("train", "--task", "cdcl-nli", "--model-type", "dual", "-p", "engine=eager", "-p", "data=pairs", "-p", columns, "-p", "text_model=letters",
                           "-p", "num_epochs=1", "-p", "controller_size=8", "-p", "distractors=2", "--seed", 1)
    assert code == 0, err
    run_folder = folder/"checkpoints"/"cdcl-nli-dual-seed1"
    assert json.loads((run_folder/"config.json").read_text())["task_parameters"]["columns"] == columns.partition("=")[2]
    flags = ("--checkpoint", run_folder)
    put(folder, "more.parquet", rows[:9])
    code, out, _ = typed("eval", *flags, "--file", "more.parquet", "--json")
    assert code == 0 and json.loads(out)["rows"] == 7
    code, out, _ = typed("predict", *flags, "--file", "more.parquet", "--json")
    assert code == 0 and [json.loads(line)["hypothesis"] for line in out.splitlines()] == [row["b"] for row in rows[:9]]
    put(folder, "plain.jsonl", FORMS["snli"])
    complains(typed("predict", *flags, "--file", "plain.jsonl"), 'plain.jsonl, row 1: found no column "a" for premise')
    code, out, _ = typed("predict", *flags, "--file", "plain.jsonl", "-p", "columns=", "--json")
    assert code == 0 and len(out.splitlines()) == 3
    assert typed("tell", *flags, "--store", "told.npz", "--file", "more.parquet")[1].startswith("told 3 sentences: 3 new")
    assert typed("tell", *flags, "--store", "told.npz", "--file", "plain.jsonl", "-p", "columns=")[1].startswith("told 3 sentences: 3 new")
    complains(typed("tell", *flags, "--store", "told.npz", "--file", "plain.jsonl", "-p", "judge=some"), "-p judge: tell takes columns=NAMES")
    code, out, _ = typed("ask", *flags, "--store", "told.npz", "--file", "more.parquet", "--json")
    assert code == 0 and len(out.splitlines()) == 9


@pytest.mark.parametrize("form", ["fever", "snli"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_row_with_one_document_goes_through_the_task(place, form):
    folder, typed = place
    rows = [{field: f"{value} Number {n}." if field in ("sentence1", "claim") else [f"{text} Number {n}." for text in value] if field == "evidence" else value
             for field, value in row.items()} for n in range(12) for row in FORMS[form]]
    put(folder/"rows", "rows.jsonl", rows)
    code, _, err = typed("train", "--task", "cdcl-nli", "--model-type", "dual", "-p", "engine=eager", "-p", "data=rows", "-p", "text_model=letters", "-p", "num_epochs=1",
                         "-p", "controller_size=8", "-p", "distractors=2", "-p", "edges=gold", "--seed", 1)
    assert code == 0, err
    code, out, _ = typed("eval", "--checkpoint", "checkpoints/cdcl-nli-dual-seed1", "--file", "rows/rows.jsonl", "--json")
    assert code == 0 and bool(json.loads(out)["evidence"]) == (form == "fever")


def test_bad_rows_end_a_command_with_one_sentence(tmp_path):
    put(tmp_path/"rows", "train.csv", [{"sentence1": "A.", "sentence2": "B.", "label": label} for label in ("entailment", "not_entailment")])
    done = run("train", "--task", "cdcl-nli", "-p", "data=rows", cwd=tmp_path)
    complains((done.returncode, done.stdout, done.stderr), "rows/train.csv, row 2, field label", "this file has 2 labels")


@pytest.mark.parametrize("name", ["notes.txt", "notes.log", "notes.rst", "notes", "notes.md"])
def test_any_text_is_split_and_told(place, name):
    "`tell --text` takes a text file of any ending, with a mark or Windows line ends, and names one in another encoding."
    folder, typed = place
    put(folder/"pairs", "pairs.json", [{"premise": f"A {one} sleeps.", "hypothesis": "It rests.", "label": n % 3} for n, one in enumerate("cat dog cow owl".split())])
    assert typed("train", "--task", "cdcl-nli", "--model-type", "dual", "-p", "engine=eager", "-p", "data=pairs", "-p", "text_model=letters", "-p", "num_batches=1",
                 "-p", "controller_size=8", "-p", "distractors=0", "--seed", 1)[0] == 0
    (folder/name).write_bytes("\ufeffIt is wet\r\nin the hall. It is late.\r\n\r\nEs grünt.".encode())
    flags = ("tell", "--checkpoint", "checkpoints/cdcl-nli-dual-seed1", "--store", "told.npz", "--text", name)
    assert typed(*flags)[1].startswith("told 3 sentences: 3 new")
    for encoding, says in (("utf-16", "UTF-16"), ("cp1252", "not in UTF-8")):
        (folder/name).write_bytes("Es grünt.".encode(encoding))
        complains(typed(*flags), name, says)
