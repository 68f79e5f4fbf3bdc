"Files of a graph memory: several writers, links and modes, old files, damaged files, files from elsewhere."
import io, json, os, stat, subprocess, sys, threading, warnings, zipfile

import numpy as np
import pytest
import torch

from dualntm.errors import GraphError
from dualntm.graph import changing_graph, Counts, InMemoryGraphMemory, load_graph

ADDING = """
import sys, time
from dualntm.graph import changing_graph
name, times = sys.argv[1], int(sys.argv[2])
for i in range(times):
    with changing_graph("world.npz", 2) as world:
        a, b = world.add_propositions([f"{name} {i}", f"{name} {i + 1}"], [[1, i], [1, i + 1]])
        world.add_entailments([(a, b, .5)])
        if i == times - 1 and name == "killed":
            print("holding", flush=True)
            time.sleep(60)
"""


def writer(folder, name, times): return subprocess.Popen([sys.executable, "-c", ADDING, name, str(times)], cwd=folder, text=True,
                                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def leftovers(folder): return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


def test_several_writers_lose_nothing(tmp_path):
    writers = [writer(tmp_path, name, 8) for name in "abc"]
    for process in writers: assert process.wait(60) == 0, process.stderr.read()
    world = load_graph(tmp_path/"world.npz")
    assert {p.text for p in world.kept} == {f"{name} {i}" for name in "abc" for i in range(9)}
    assert world.count() == Counts(27, 24, 0) and not leftovers(tmp_path)


def test_a_writer_that_is_killed_holds_nothing_up(tmp_path):
    killed = writer(tmp_path, "killed", 2)
    assert killed.stdout.readline() == "holding\n"
    killed.kill()
    killed.wait()
    other = writer(tmp_path, "other", 1)
    assert other.wait(60) == 0, other.stderr.read()
    assert {p.text for p in load_graph(tmp_path/"world.npz").kept} == {"killed 0", "killed 1", "other 0", "other 1"}


def test_a_change_by_another_is_not_lost(tmp_path):
    path = tmp_path/"world.npz"
    mine = InMemoryGraphMemory(2)
    mine.add_propositions(["one"], [[1, 0]])
    mine.save(path)
    with changing_graph(path, 2) as world: world.add_propositions(["two"], [[1, 0]])
    mine.add_propositions(["three"], [[1, 0]])
    with pytest.raises(GraphError, match="another program"): mine.save(path)
    assert [p.text for p in load_graph(path).kept] == ["one", "two"]
    again = load_graph(path)
    for text in ("three", "four"):
        again.add_propositions([text], [[1, 0]])
        again.save(path)  # its own files it may replace
    assert load_graph(path).count().propositions == 4


def test_savers_at_once_do_not_share_a_temporary_file(tmp_path):
    errors, path = [], tmp_path/"world.npz"

    def save(n):
        memory = InMemoryGraphMemory(2)
        memory.add_propositions([f"{n} {i}" for i in range(n)], np.ones((n, 2)))
        try:
            for _ in range(15):
                memory.seen_at.clear()
                memory.save(path)
                memory.export_entailment_graph_json(tmp_path/"world.json")
        except Exception as e: errors.append(e)
    threads = [threading.Thread(target=save, args=(n,)) for n in (1, 50, 200)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert not errors and load_graph(path).count().propositions in (1, 50, 200) and not leftovers(tmp_path)
    assert len(json.loads((tmp_path/"world.json").read_bytes())["nodes"]) in (1, 50, 200)


@pytest.mark.parametrize("write", [InMemoryGraphMemory.save, InMemoryGraphMemory.export_entailment_graph_json])
def test_links_and_modes_stay(tmp_path, write):
    memory, link, real = InMemoryGraphMemory(2), tmp_path/"link", tmp_path/"disk"/"real"
    real.parent.mkdir()
    link.symlink_to(real)
    write(memory, real)
    real.chmod(0o600)
    before = real.read_bytes()
    memory.add_propositions(["one"], [[1, 0]])
    write(memory, link)
    assert link.is_symlink() and real.read_bytes() != before and stat.S_IMODE(real.stat().st_mode) == 0o600


def old_file(path, **change):
    "A file as version 0.1.0 wrote it."
    texts = {11: "told", 12: "evidence", 13: "judged", 14: "not: judged", 15: "both", 16: "walked"}
    words = {"dim": 2, "merge_threshold": 0.999,
             "propositions": [[idx, text, "tell" if text == "both" else "run", 3] for idx, text in texts.items()],
             "entailments": [[12, 13, "predicted", "run", 3], [12, 14, "gold", "run", 3], [12, 15, "predicted", "ask", 4], [11, 16, "told", "run", 3]],
             "log": [[11, "told", "2025-01-01T00:00:00.000+00:00", "run", 3]]}
    arrays = {"embeddings": np.array([[1, idx] for idx in texts], np.float32), "scores": np.array([.5, .6, .7, .8])}
    arrays |= {name: change.pop(name) for name in arrays if name in change}
    words = {name: value for name, value in {**words, **change}.items() if value is not None}
    np.savez(path, **arrays, words=np.frombuffer(json.dumps(words).encode(), np.uint8))


def test_files_of_the_former_version(tmp_path):
    old_file(tmp_path/"old.npz")
    memory = load_graph(tmp_path/"old.npz")
    assert {p.text: (p.idx, p.told) for p in memory.kept} == {"told": (11, True), "evidence": (12, True), "judged": (13, False),
                                                              "not: judged": (14, False), "both": (15, True), "walked": (16, True)}
    assert memory.find("judged") == 13 and memory.neighbours(12) == [(15, .7), (14, .6), (13, .5)] and memory.encoder is None
    assert memory.add_propositions(["evidence", "new"], [[1, 0], [0, 1]])[0] == 12
    memory.save(tmp_path/"new.npz")
    again = load_graph(tmp_path/"new.npz")
    assert [p[:2] + p[3:] for p in again.kept] == [p[:2] + p[3:] for p in memory.kept] and again.log() == memory.log()
    assert again.entailments() == memory.entailments()


@pytest.mark.parametrize("change", [dict(embeddings=np.zeros((6, 2))), dict(embeddings=np.ones((5, 2))), dict(embeddings=np.ones((6, 3))),
                                    dict(scores=np.ones(3)), dict(scores=np.full(4, np.nan)), dict(dim="2"), dict(dim=None), dict(log=None),
                                    dict(propositions=[[11, "a", "r", 0]] * 6), dict(propositions=5), dict(propositions=[[11, 5, "r", 0]] * 6),
                                    dict(entailments=[[11, 99, "told", "r", 0]] * 4), dict(entailments=None), dict(held=3), dict(encoder=[1]),
                                    dict(merge_threshold="high"), dict(format="two"), dict(log=[[1, 2]])])
def test_files_whose_contents_do_not_fit(tmp_path, change):
    old_file(tmp_path/"bad.npz", **change)
    with pytest.raises(GraphError) as e: load_graph(tmp_path/"bad.npz")
    assert "bad.npz is not a saved graph memory" in str(e.value) and "\n" not in str(e.value)


def test_damaged_files(tmp_path):
    path, memory = tmp_path/"bad.npz", InMemoryGraphMemory(2)
    memory.add_propositions(["one", "two"], [[1, 0], [0, 1]])
    memory.save(path)
    whole, other = path.read_bytes(), io.BytesIO()
    with zipfile.ZipFile(other, "w") as z: z.writestr("readme.txt", "no graph")
    np.save(array := io.BytesIO(), np.ones(3))
    flipped = bytearray(whole)
    flipped[whole.index(b'"one"') + 1] ^= 1
    for content in [whole[:n] for n in range(0, len(whole), 60)] + [other.getvalue(), array.getvalue(), bytes(flipped), b"{}", b"\x80\x04."]:
        path.write_bytes(content)
        with pytest.raises(GraphError) as e: load_graph(path)
        assert "bad.npz" in str(e.value) and "\n" not in str(e.value)
    with pytest.raises(GraphError, match="can't read"): load_graph(tmp_path)


def test_a_file_of_a_newer_version(tmp_path):
    old_file(tmp_path/"new.npz", format=99)
    with pytest.raises(GraphError, match="newer version of dualntm, in format 99"): load_graph(tmp_path/"new.npz")


NODES = [{"idx": 1, "text": "a", "embedding": [1, 0]}, {"idx": 2, "text": "b", "embedding": [0, 1]}]


def graph_json(path, edges=(), about=None, nodes=NODES, encoding="utf-8"):
    path.write_text(json.dumps({"graph": about or {}, "nodes": nodes, "edges": list(edges)}), encoding=encoding)
    return path


@pytest.mark.parametrize("bad", [
    dict(nodes=NODES + [{**NODES[0], "text": "c"}]), dict(nodes=[{**NODES[0], "told": 1}]), dict(nodes=[{**NODES[0], "embedding": {}}]),
    dict(nodes=[{**NODES[0], "embedding": [1, 10**400]}]), dict(nodes=[{**NODES[0], "embedding": [1, None]}]), dict(nodes=[None]),
    dict(nodes=[{"idx": 1, "text": "a"}]), dict(edges=[{"source": 1, "target": 2, "score": 10**400}]), dict(edges=[7]),
    dict(edges=[{"source": 1, "target": 2.0, "score": 1}]), dict(edges=[{"source": 1, "target": 2, "score": 1, "origin": None}]),
    dict(about={"encoder_name": "x"}), dict(about={"encoder_name": "x", "encoder_fingerprint": "bb"})])
def test_json_that_can_not_be_imported(tmp_path, bad):
    memory = InMemoryGraphMemory(2)
    memory.take_encoder({"name": "mine", "fingerprint": "aa"})
    memory.add_propositions(["there"], [[1, 1]])
    with pytest.raises(GraphError) as e: memory.import_entailment_graph_json(graph_json(tmp_path/"bad.json", **bad))
    assert "bad.json" in str(e.value) and "\n" not in str(e.value) and len(str(e.value)) < 400
    assert memory.count() == Counts(1, 0, 0) and memory.encoder["name"] == "mine"


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b"\xff\xfe\x00", b'{"nodes": [], "edges": [}'])
def test_what_is_no_json(tmp_path, content):
    (tmp_path/"bad.json").write_bytes(content)
    with pytest.raises(GraphError, match="bad.json is not JSON"): InMemoryGraphMemory(2).import_entailment_graph_json(tmp_path/"bad.json")


def test_json_of_the_former_version_and_of_other_editors(tmp_path):
    edges = [{"source": 1, "target": 2, "score": 1, "origin": "gold"}]
    memory = InMemoryGraphMemory(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert memory.import_entailment_graph_json(graph_json(tmp_path/"old.json", edges, encoding="utf-8-sig")) == Counts(2, 1, 0)
    assert {p.text: p.told for p in memory.kept} == {"a": True, "b": False}


def test_exported_and_imported_again(tmp_path):
    memory = InMemoryGraphMemory(2)
    memory.take_encoder({"name": "mine", "fingerprint": "aa", "max_tokens": 128})
    a, b = memory.add_propositions(["half \ud83d", "told\u2028"], [[1, 0], [0, 1]])
    (c,) = memory.add_propositions(["held"], [[1, 1]], told=False)
    memory.add_entailments([(a, b, .5), (b, b, 1), (a, c, 1e-30)], "told")
    memory.export_entailment_graph_json(tmp_path/"one.json", embeddings=True)
    again = InMemoryGraphMemory(2)
    assert again.import_entailment_graph_json(tmp_path/"one.json") == Counts(3, 3, 0)
    again.export_entailment_graph_json(tmp_path/"two.json", embeddings=True)
    assert (tmp_path/"one.json").read_bytes() == (tmp_path/"two.json").read_bytes() and again.encoder == memory.encoder
    assert {p.text: p.told for p in again.kept} == {p.text: p.told for p in memory.kept}


def test_loops_that_arise_are_left_out(tmp_path):
    nodes = [{"idx": i, "text": text, "embedding": [1, i]} for i, text in enumerate(["caf\u00e9", "cafe\u0301", "tea"])]
    edges = [{"source": s, "target": t, "score": 1} for s, t in ((0, 1), (1, 2), (2, 2))]
    memory = InMemoryGraphMemory(2)
    with pytest.warns(UserWarning, match="1 of its edges"):
        assert memory.import_entailment_graph_json(graph_json(tmp_path/"loops.json", edges, nodes=nodes)) == Counts(2, 2, 0)
    tea = memory.find("tea")
    assert [e[:2] for e in memory.entailments()] == sorted([(memory.find("caf\u00e9"), tea), (tea, tea)])


def test_encoders_of_files(tmp_path):
    said = {"encoder_name": "x", "encoder_fingerprint": "bb"}
    memory = InMemoryGraphMemory(2)
    memory.import_entailment_graph_json(graph_json(tmp_path/"said.json", about=said))
    assert memory.encoder == {"name": "x", "fingerprint": "bb"}
    with pytest.warns(UserWarning, match=r"only the graph says .*\(x\)"): memory.import_entailment_graph_json(graph_json(tmp_path/"unsaid.json"))
    unsaid = InMemoryGraphMemory(2)
    unsaid.add_propositions(["there"], [[1, 1]])
    with pytest.warns(UserWarning, match="only the file says"): unsaid.import_entailment_graph_json(tmp_path/"said.json")
    assert unsaid.encoder is None


def test_numbers_of_other_libraries_are_saved(tmp_path):
    grown = torch.eye(3, 2, dtype=torch.bfloat16).add(1).requires_grad_()
    memory = InMemoryGraphMemory(np.int64(2))
    numbers = memory.add_propositions(np.array(["a", "b", "c"]), grown, np.str_("run"), torch.tensor(7))
    memory.add_propositions(["d"], [torch.ones(2, requires_grad=True)], step=np.uint8(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        memory.add_entailments(zip(np.array(numbers), np.array(numbers[1:]), torch.tensor([.5, 1.], requires_grad=True)), step=np.int32(1))
    memory.log_writes(np.array(numbers), step=np.int64(1))
    assert len(memory.search(grown, np.int64(2))) == 3
    memory.save(tmp_path/"graph.npz")
    memory.export_entailment_graph_json(tmp_path/"graph.json")
    again = load_graph(tmp_path/"graph.npz")
    assert [(p.text, p.run, p.step) for p in again.kept] == [("a", "run", 7), ("b", "run", 7), ("c", "run", 7), ("d", "", 3)]
    assert again.entailments() == memory.entailments() and len(again.entailments()) == 2
    for wrong in (lambda: memory.add_propositions(["e"], [[1, 1]], told=[True]), lambda: memory.add_propositions(["e"], [[1, 1]], step="7"),
                  lambda: memory.search([[1, 1]], 1.5), lambda: memory.add_entailments([(numbers[0], 1.0, 1)]),
                  lambda: memory.add_entailments([(numbers[0], numbers[1], 1)], origin=None), lambda: memory.add_propositions(3, [[1, 1]])):
        with pytest.raises(GraphError): wrong()
    assert memory.count() == again.count()
