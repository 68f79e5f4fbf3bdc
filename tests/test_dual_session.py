"A dual network's sessions in the compiled kernels, held to the eager definition; snapped reads; settings that change when a network is asked"
import json

import pytest
import torch
from torch import nn

import dualntm
from dualntm.cli import main
from dualntm.dual import ask_inputs, DualMemoryController, DualMemoryNTM, draw_world, GraphRecallTask, find_or_create, run_along, tell_store, WorkingGraph


def made(engine, dtype=torch.float64, lead=False, **kw):
    torch.manual_seed(0)
    net = DualMemoryController(7, 4, 4, True, **dict(memory_n=8, memory_m=3, working_nodes=6, working_dim=5, controller_size=6) | kw, engine=engine)
    for p in (net.hear, net.say.weight): nn.init.normal_(p, std=.3)
    if lead: net.lead = nn.Linear(net.dim, net.dim, bias=False)
    return net.to(dtype)


def outcome(net, episodes, state=None):
    "Outputs, graph and gradients of a session."
    y, state = net.session(episodes, state)
    graph, weights = net.finish(state), torch.Generator().manual_seed(3)
    ends = [y, state.looks, state.seen, state.short.memory, *state.short.weightings, *graph[:3], *state.notes]
    sum((t * torch.rand(t.shape, generator=weights).to(t)).sum() for t in ends).backward()
    return [*ends, graph.written.double(), torch.tensor(float(state.first)), *(torch.zeros_like(p) if p.grad is None else p.grad for p in net.parameters())]


def random_shape(trial):
    "Sizes and episodes that a seed draws."
    torch.manual_seed(100 + trial)
    def of(*values): return values[int(torch.randint(len(values), ()))]
    kw = dict(memory_n=of(4, 9), memory_m=of(1, 5), working_nodes=of(2, 5, 12), working_dim=of(1, 8), working_reads=of(1, 3), controller=of("lstm", "feedforward"),
              controller_size=of(3, 17), controller_layers=of(1, 2), heads=of("rw", "w", "rrw", "r"), shift_range=of(0, 1), snap=of(True, False), same_from=of(.9, .97))
    episodes = [(torch.rand(of(1, 2, 5), 3, 7) > .5).double() for _ in range(of(2, 4))]
    for x in episodes: x[0, of(0, 1, 2), :4] = 0
    if of(True, False): episodes[0][:, :, :4] = 0  # nothing is told at first
    return kw, episodes


@pytest.mark.parametrize("trial", range(8))
def test_a_session_is_what_its_definition_says(trial):
    kw, episodes = random_shape(trial)
    ours, theirs = (outcome(made(engine, lead=bool(trial % 2), **kw), episodes) for engine in ("fused", "eager"))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs): torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("trial", range(8))
def test_nothing_depends_on_what_memory_held_before(trial, foul_memory):
    kw, episodes = random_shape(trial)
    ours, theirs = (outcome(made(engine, lead=bool(trial % 2), **kw), episodes) for engine in ("fused", "eager"))
    for a, b in zip(ours, theirs): torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-9)


def test_in_single_precision_and_with_threads():
    _, episodes = random_shape(1)
    singles = [x.float() for x in episodes]
    wide = [torch.cat([x] * 8, 1) for x in singles]  # 24 sequences: three blocks
    torch.testing.assert_close(outcome(made("fused", torch.float32), singles)[0], outcome(made("eager", torch.float32), singles)[0], rtol=1e-4, atol=1e-5)
    results = []
    for threads in (1, 2):
        net = made("fused", torch.float32)
        net.use_threads(threads)
        results.append(outcome(net, wide))
    for a, b in zip(*results): assert torch.equal(a, b)


def test_a_session_without_gradients_is_the_same():
    _, episodes = random_shape(2)
    net = made("fused")
    with torch.no_grad(): y, state = net.session(episodes)
    again, kept = net.session(episodes)
    for a, b in zip((y, *state.graph, *state.notes), (again, *kept.graph, *kept.notes)): assert torch.equal(a, b)


def test_a_session_that_goes_on_from_the_middle_of_an_episode():
    _, episodes = random_shape(2)
    results = []
    for engine in ("fused", "eager"):
        net = made(engine)
        _, state = net(episodes[0])  # its notes are not filed yet
        results.append(outcome(net, episodes, state))
    for a, b in zip(*results): torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-9)


def test_gradcheck():
    net, episodes = made("fused"), [(torch.rand(2, 2, 7) > .5).double() for _ in range(2)]
    def run(*weights):
        params = dict(zip(names, weights))
        return torch.func.functional_call(net, params, (episodes[1], net.renew(told)))[0]
    names = ("hear", "ask.weight", "embed.weight")
    with torch.no_grad(): told = net(episodes[0])[1]
    assert torch.autograd.gradcheck(run, [dict(net.named_parameters())[name] for name in names], eps=1e-6, atol=1e-5)


def test_a_class_with_a_step_of_its_own_is_computed_as_it_says():
    class Still(DualMemoryController):
        def move(self, x, e, h, state, graph): return state.looks
    torch.manual_seed(0)
    net = Still(7, 4, 4, True, memory_n=8, memory_m=3, working_nodes=6, working_dim=5, controller_size=6)
    _, state = net.session([torch.ones(2, 1, 7), torch.ones(2, 1, 7)])
    assert not net.is_compiled("cpu") and not state.looks.any()


def test_what_does_not_fit_is_refused():
    net = made("fused")
    with pytest.raises(ValueError, match="this network takes"): net.session([torch.ones(2, 1, 7).double(), torch.ones(2, 1, 5).double()])
    with pytest.raises(ValueError, match="float32"): net.session([torch.ones(2, 1, 7).double(), torch.ones(2, 1, 7)])


def test_snapped_walks_are_exact():
    task, net = dualntm.load("pretrained:graph-recall")
    asked = net.with_settings(snap=True, working_nodes=128)
    with torch.no_grad():
        batch = task.batch(20, torch.Generator().manual_seed(5), links=100)
        outputs, state = task.session(asked, batch)
        assert ((outputs[1:] > 0) == (batch.targets > .5)).all()
        best = state.looks.amax(2)
        assert ((state.looks == 0) | (state.looks == 1)).all() and (best == 1).all()  # the whole weight on one node
    assert not net.snap and net.slots == 64


def test_a_snapped_note_is_in_one_slot():
    east = torch.tensor([[1., 0.]])
    graph = WorkingGraph(torch.tensor([[[1., 0.], [0., 0.], [0., 0.]]]), torch.zeros(1, 3, 3), torch.tensor([[1., 0., 0.]]), torch.full((1, 3), -1))
    near = torch.tensor([[.85, (1 - .85**2)**.5]])
    for e, slot in ((east, 0), (near, 1)): assert find_or_create(graph, e, torch.ones(1, 1), snap=True)[0].tolist() == [float(j == slot) for j in range(3)]
    assert find_or_create(graph, near, torch.ones(1, 1), same_from=.8, snap=True)[0, 0] == 1


def test_settings_from_the_command_line(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["eval", "--checkpoint", "pretrained:graph-recall", "-p", "snap=true", "-p", "working_nodes=128", "--links", "60", "--sequences", "10", "--json"])
    assert stopped.value.code == 0
    row = json.loads(capsys.readouterr().out)
    assert row["bit_error"] == 0 and row["snap"] is True and row["working_nodes"] == 128


@pytest.mark.parametrize("words, said", [
    (("snap=maybe",), "snap=maybe"), (("same_from=2",), "-p same_from=2.0: it must be over 0 and below 1"),
    (("working_nodes=0",), "working_nodes=0"), (("memory_n=128", "same_from=0"), "same_from=0"), (("controller_size=3",), "only memory_n, working_nodes, snap, same_from can change")])
def test_settings_that_can_not_be(words, said, capsys):
    with pytest.raises(SystemExit) as stopped: main(["eval", "--checkpoint", "pretrained:graph-recall", *(w for word in words for w in ("-p", word))])
    assert stopped.value.code == 2 and said in capsys.readouterr().err


def test_fewer_slots_than_are_recalled():
    net = DualMemoryNTM(19, 16, 16, True, recall=8)
    with pytest.raises(ValueError, match="recall=8: the working graph has only working_nodes=4"): net.with_settings(working_nodes=4)
    assert net.with_settings(working_nodes=8).slots == 8 and net.slots == 64


def test_training_is_the_same_with_both_engines():
    task, losses = GraphRecallTask(links_max=2), []
    for engine in ("fused", "eager"):
        torch.manual_seed(1)
        net = DualMemoryNTM.for_task(task, engine=engine, memory_n=8, controller_size=8).double()
        batch = task.batch(4, torch.Generator().manual_seed(2), links=2)
        batch = batch._replace(inputs=batch.inputs.double(), targets=batch.targets.double())
        task.score(task.session(net, batch)[0], batch).loss.backward()
        losses.append([p.grad for p in net.parameters()])
    for a, b in zip(*losses): torch.testing.assert_close(a, b, rtol=1e-7, atol=1e-9)


def test_a_read_moves_along_the_graph_memory():
    task, net = dualntm.load("pretrained:graph-recall")
    facts, walks = draw_world(16, torch.Generator().manual_seed(2), walks=200, links=8, items=1000)  # a function: some items have many that lead to them
    tell_store(net, facts)
    before = net.graph_memory.count()
    along = run_along(net, ask_inputs(walks[0], 8))
    assert ((along.outputs[1:] > 0) == (walks[1:] > .5)).all() and net.graph_memory.count() == before and not net.snap
    assert along.ways == net.graph_memory.walk([way[0] for way in along.ways], 8)
    plain = DualMemoryController(19, 16, 16, True)
    with pytest.raises(ValueError, match="no graph memory"): run_along(plain, ask_inputs(walks[0], 8))
