"Facts that change: the working graph against a dictionary, the task, and what a network takes back in its graph memory."
import json

import numpy as np
import pytest
import torch
from processes import run

import dualntm
from dualntm.dual import empty_graph, file_revisions, GraphReviseTask, Revisions, RevisingNTM
from dualntm.dual.graph_revise import KINDS
from dualntm.train import make_trainer

SMALL = dict(sequence_width=8, facts=6, memory_n=8, memory_m=6, controller_size=16, working_nodes=16, working_dim=12, batch_size=4)


def as_links(graph, vectors):
    "A working graph as a dictionary."
    place = {item: int((graph.nodes[0] @ e).argmax()) for item, e in enumerate(vectors) if (graph.nodes[0] @ e).max() > .9}
    return {(a, b): round(graph.links[0, place[a], place[b]].item()) for a in place for b in place if graph.links[0, place[a], place[b]] > 0}, set(place)


@pytest.mark.parametrize("seed", range(20))
def test_the_working_graph_does_what_a_dictionary_does(seed):
    draw, vectors = np.random.default_rng(seed), torch.eye(6)
    graph, links, there = empty_graph(vectors, 1, 8, 6), {}, set()
    for _ in range(40):
        a, b, what = int(draw.integers(6)), int(draw.integers(6)), draw.choice(["revise", "add", "take back", "drop", "ask"])
        gates = {"revise": ((1, 1, 1, 0), (1, 1, 0, 0)), "add": ((1, 1, 0, 0), (1, 1, 0, 0)), "take back": ((1, 1, 1, 0),), "drop": ((1, 1, 0, 1),), "ask": ((1, 0, 0, 0),)}[str(what)]
        rows = torch.tensor(gates, dtype=torch.float)
        graph = file_revisions(graph, Revisions(vectors[[a, b][:len(gates)]].unsqueeze(1), *rows.T.reshape(4, -1, 1, 1)), same_from=.95, snap=True)
        there |= {a, b} if len(gates) == 2 else {a}
        if what in ("revise", "take back"): links = {pair: 1 for pair in links if pair[0] != a}
        if what in ("revise", "add"): links[a, b] = 1
        if what == "drop": links, there = {pair: 1 for pair in links if a not in pair}, there - {a}
        assert as_links(graph, vectors) == (links, there)


def test_gradients_of_filed_revisions():
    torch.manual_seed(0)
    shapes = [(3, 2, 4)] + [(3, 2, 1)] * 4
    parts = [torch.nn.functional.normalize(torch.randn(shapes[0], dtype=torch.double), dim=-1), *(torch.rand(shape, dtype=torch.double) for shape in shapes[1:])]
    start = file_revisions(empty_graph(parts[0], 2, 5, 4), Revisions(*parts))
    parts = [part.requires_grad_() for part in parts]
    assert torch.autograd.gradcheck(lambda *notes: file_revisions(start, Revisions(*notes))[:3], parts, atol=1e-4)


def test_right_answers_are_those_of_a_walk():
    "Read from the inputs alone, by a dictionary."
    for about in KINDS:
        task = GraphReviseTask(about=about)
        batch = task.batch(30, torch.Generator().manual_seed(2), changes=5)
        for b in range(30):
            world, width = {}, task.sequence_width
            *told, asked = [episode[:, b] for episode in task.episodes(batch)]
            for first, second in told:
                item, to, marks = tuple(first[:width].tolist()), tuple(second[:width].tolist()), first[width:].tolist()
                if marks[4]: continue
                world.pop(item, None)
                if marks[0]: world[item] = to
                if marks[3]: world = {a: z for a, z in world.items() if z != item}
            at = tuple(asked[0, :width].tolist())
            for answer in batch.targets[:, b]:
                at = world.get(at)
                assert answer.tolist() == [*(at or [0.] * width), float(at is None)]


def test_trained_stopped_and_asked(tmp_path):
    trainer = make_trainer("graph-revise", "revising", seed=3, folder=tmp_path/"run", num_batches=6, report_interval=2, checkpoint_interval=4, write_interval=2, **SMALL)
    trainer.fit(progress=False)
    task, net = dualntm.load(tmp_path/"run")
    assert type(net) is RevisingNTM and (tmp_path/"run"/"graph.json").exists()
    answer = run("eval", "--checkpoint", tmp_path/"run", "-p", "about=cascade", "--size", "changes=3", "--sequences", 10, "--json", cwd=tmp_path)
    row = json.loads(answer.stdout)
    assert answer.returncode == 0 and row["changes"] == 3 and 0 <= row["right"] <= 1, answer.stderr
    for words, says in ((("-p", "about=everything"), "about"), (("--links", 3), "links"), (("--size", "changes=0"), "changes")):
        refused = run("eval", "--checkpoint", tmp_path/"run", *words, cwd=tmp_path)
        assert refused.returncode == 2 and says in refused.stderr and "Traceback" not in refused.stderr, refused.stderr


@pytest.mark.parametrize("model", ["dual", "ntm", "lstm", "dnc"])
def test_rivals_can_be_trained_on_it(model, tmp_path):
    words = {name: value for name, value in SMALL.items() if model != "lstm" or not name.startswith("memory")}
    words = {name: value for name, value in words.items() if model == "dual" or not name.startswith("working")}
    trainer = make_trainer("graph-revise", model, seed=3, folder=tmp_path/"run", num_batches=2, report_interval=1, **words)
    trainer.fit(progress=False)
    assert len((tmp_path/"run"/"history.jsonl").read_text().splitlines()) == 2
