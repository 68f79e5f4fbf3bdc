"A memory of many propositions: texts with one number, columns and files of several pieces, and what they weigh."
import io, json, tracemalloc, zipfile

import numpy as np
import pytest
import torch

from dualntm.dual import DualMemoryNTM, draw_world, GraphRecallTask, tell_store
from dualntm.errors import GraphError
from dualntm.graph import InMemoryGraphMemory, load_graph, in_process, interface


def plain(memory): return [(p.idx, p.text, p.embedding.tolist(), p.run, p.step, p.told) for p in memory.kept]


@pytest.fixture
def few_numbers(monkeypatch):
    "Texts have one of seven numbers, so that nearly all of them collide."
    def number(text, form="NFC"): return len(interface.normal_text(text)) % 7 if form else len(text) % 7
    for module in (in_process, interface): monkeypatch.setattr(module, "text_number", number)
    monkeypatch.setattr(in_process, "text_numbers", lambda texts: np.array([number(text) for text in texts], np.int64))


def test_texts_with_one_number(few_numbers, tmp_path):
    rng, memory, known, taken = np.random.default_rng(0), InMemoryGraphMemory(2), {}, set()
    for step in range(60):
        texts = ["x" * int(rng.integers(9)) + chr(97 + int(rng.integers(26))) + rng.choice(["", "\u00e9", "e\u0301"]) for _ in range(int(rng.integers(12)))]
        numbers = []
        for text in map(interface.normal_text, texts):  # one after the other, as it is meant
            idx = len(text) % 7
            while text not in known and idx in taken: idx += 1
            taken.add(known.setdefault(text, idx))
            numbers.append(known[text])
        assert memory.add_propositions(texts, rng.normal(size=(len(texts), 2)), step=step) == numbers
        assert memory.find_all(texts) == [memory.find(text) for text in texts] == numbers
    assert len(memory.kept) == len(known) > 200 and memory.find("nowhere") is None
    memory.save(tmp_path/"graph.npz")
    again = load_graph(tmp_path/"graph.npz")
    assert plain(again) == plain(memory) and again.find_all(list(known)) == list(known.values())


def test_numbers_of_their_own_are_found(tmp_path):
    memory = InMemoryGraphMemory(2)
    for idx, text in ((5, "five"), (6, "six"), (interface.text_number("seven"), "seven"), (9, "seven")):
        memory.store(text, np.float32([1, idx % 10 + 1]), "run", 1, idx=idx)
    memory.save(tmp_path/"graph.npz")
    for graph in (memory, load_graph(tmp_path/"graph.npz")):
        assert graph.find_all(["five", "six", "seven", "nine"]) == [5, 6, interface.text_number("seven"), None]
        assert graph.add_propositions(["six", "new", "five"], np.ones((3, 2)))[::2] == [6, 5] and graph.count().propositions == 5


@pytest.fixture(scope="module")
def large():
    "A graph of seventy thousand propositions, added in calls of very different sizes."
    rng, memory, texts = np.random.default_rng(0), InMemoryGraphMemory(8), [f"text {i % 70_000}" for i in range(71_000)]
    vectors, start = rng.normal(size=(len(texts), 8)).astype(np.float32), 0
    for count in (1, 1, 63, 700, 67_000, 3235):
        memory.add_propositions(texts[start:start + count], vectors[start:start + count], f"run {count}", count, told=count != 63)
        start += count
    assert start == len(texts)
    numbers = memory.find_all(texts[:70_000])
    memory.add_entailments(zip(numbers, numbers[1:], rng.uniform(.1, 1, 69_999).tolist()), "told", "run", 1)
    memory.log_writes(numbers[::2], "run", 2)
    return memory, vectors, numbers


def test_columns_of_several_pieces(large, tmp_path):
    memory, vectors, numbers = large
    assert memory.count() == (70_000, 69_999, 35_000) and len(memory.vectors.blocks) > 3
    assert np.array_equal(np.stack([p.embedding for p in memory.propositions(numbers[60_000:])]), vectors[60_000:70_000])
    units = vectors[:70_000].astype(float) / np.linalg.norm(vectors[:70_000].astype(float), axis=1, keepdims=True)
    for row, found in zip((0, 66_000, 69_999), memory.search(vectors[[0, 66_000, 69_999]], 5)):
        assert [idx for idx, _ in found] == [numbers[i] for i in np.argsort(-units @ units[row])[:5]]
    assert memory.walk(numbers[:2], 1000) == [numbers[:1001], numbers[1:1002]] and memory.walk(numbers[-3:], 9) == [numbers[-3:], numbers[-2:], numbers[-1:]]
    memory.save(tmp_path/"graph.npz")
    again = load_graph(tmp_path/"graph.npz")
    assert plain(again) == plain(memory) and again.entailments() == memory.entailments() and again.log() == memory.log()
    again.save(tmp_path/"again.npz")
    assert (tmp_path/"again.npz").read_bytes() == (tmp_path/"graph.npz").read_bytes()


def test_what_many_weigh(large, tmp_path):
    memory, vectors, numbers = large
    content = 70_000 * 8 * 4 + len(memory.texts.words)
    columns = [column.nbytes // len(column) * table.n for table in (memory.rows, memory.texts.ends, memory.texts.words) for column in table.room.values()]
    used = sum(columns) + memory.by_number.places.nbytes + 70_000 * 8 * 4
    assert used < content + 70_000 * 64  # a proposition needs less than 64 bytes beside what it says
    tracemalloc.start()
    memory.save(tmp_path/"graph.npz")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < content  # of which the texts of a line are most


def changed(path, member, change):
    "A saved graph with one of its parts changed, as a program could write it."
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist(): new.writestr(name, change(old.read(name)) if name == member else old.read(name))
    path.write_bytes(out.getvalue())


def column(change):
    "A change of an array in a file."
    def changed(content):
        array = change(np.load(io.BytesIO(content)).copy())
        np.save(out := io.BytesIO(), array)
        return out.getvalue()
    return changed


def put(value, at=0):
    def change(array): array[at] = value; return array
    return column(change)


@pytest.mark.parametrize("member, change", [
    ("rows-idx.npy", put(interface.text_number("two"))), ("rows-idx.npy", column(lambda a: a[:1])), ("rows-run.npy", put(9)), ("rows-run.npy", put(-1)),
    ("rows-told.npy", column(lambda a: a[:1])), ("links-ends.npy", put(7)), ("links-ends.npy", put(-1)), ("links-score.npy", put(0)), ("links-score.npy", put(1.5)),
    ("links-score.npy", put(np.nan)), ("links-origin.npy", put(5)), ("notes-row.npy", put(2)), ("notes-row.npy", put(-1)), ("notes-time.npy", put(-9)),
    ("embeddings.npy", put(0)), ("embeddings.npy", put(np.inf)), ("embeddings.npy", column(lambda a: a[:1])), ("embeddings.npy", column(lambda a: a.astype(float))),
    ("texts.json", lambda text: b'["one"]\n'), ("texts.json", lambda text: b'["one", 2]\n'), ("texts.json", lambda text: text + b'["three"]\n'), ("texts.json", lambda text: b"{")])
def test_columns_that_do_not_fit(tmp_path, member, change):
    path, memory = tmp_path/"bad.npz", InMemoryGraphMemory(2)
    one, two = memory.add_propositions(["one", "two"], [[1, 0], [0, 1]], "run")
    memory.add_entailments([(one, two, .5)], "told", "run")
    memory.log_writes([one], "run")
    memory.save(path)
    changed(path, "no such part", None)
    assert plain(load_graph(path)) == plain(memory)
    changed(path, member, change)
    with pytest.raises(GraphError, match="bad.npz is not a saved graph memory"): load_graph(path)


def test_told_at_once_as_one_by_one():
    torch.manual_seed(0)
    task = GraphRecallTask(sequence_width=8)
    net = DualMemoryNTM.for_task(task, write_gate=0., working_nodes=16)
    facts, _ = draw_world(8, torch.Generator().manual_seed(0), walks=1, links=1, items=60)
    graphs = []
    for at_once in (1, 7, 500):
        net.graph_memory = InMemoryGraphMemory(8)
        tally = tell_store(net, facts, "run", at_once)
        assert (tally.presented, tally.written + tally.known + tally.repeated) == (120, 120)
        graphs.append(({p.text for p in net.graph_memory.kept}, {e[:2]: round(e.score, 4) for e in net.graph_memory.entailments()}))
    assert graphs[0] == graphs[1] == graphs[2] and len(graphs[0][0]) == 60
