"The rivals of the NTM under its trainer: the paper's LSTM, and the differentiable neural computer, held against slow plain restatements."
import json

import pytest
import torch
from torch import nn

from dualntm.cli import main
from dualntm.dual import GraphRecallTask
from dualntm.errors import InputError
from dualntm.ntm import DNC, DNCState, Drawn, LSTMNetwork
from dualntm.ntm.dnc import allocation, as_interface, interface_sizes, link, look, place, precede, put, retention, sharpened, similarity, used, walk
from dualntm.show import plot_memory, plot_weightings, record
from dualntm.train import evaluate, load, make_trainer, resume

REPAIRS = ("masked_content", "wipe", "sharp_links")
ALL = dict.fromkeys(REPAIRS, True)
SMALL = {"dnc": dict(memory_n=12, memory_m=5, controller_size=12), "lstm": dict(controller_size=12)}
torch.set_num_threads(1)


# the equations of Nature 538:471, index by index, with the repairs of arXiv 1904.10278

def dot(a, b): return sum(x * y for x, y in zip(a, b))
def root(x): return (x + 1e-6) ** .5


def plain_content(memory, key, strength, mask):
    key = [k * m for k, m in zip(key, mask)]
    cells = [[x * m for x, m in zip(cell, mask)] for cell in memory]
    powers = [2.718281828459045 ** (strength * dot(key, cell) / root(dot(key, key)) / root(dot(cell, cell))) for cell in cells]
    return [p / sum(powers) for p in powers]


def plain_allocation(usage):
    usage = [1e-6 + (1 - 1e-6) * u for u in usage]
    order, free, left = sorted(range(len(usage)), key=lambda n: usage[n]), [0.] * len(usage), 1.
    for n in order: free[n], left = (1 - usage[n]) * left, left * usage[n]
    return free


def plain_sharp(found, s):
    most = max(found) + 1e-6
    powers = [(d / most) ** s for d in found]
    return [p / (sum(powers) + 1e-6) for p in powers]


def plain_step(ask, state, wipe):
    "One step of one sequence after the interface, in loops over plain numbers."
    memory, usage, before, links, written, looks = (getattr(state, name)[0].tolist() for name in ("memory", "usage", "precedence", "links", "written", "looks"))
    N, M, R = len(memory), len(memory[0]), len(looks)
    def of(name): return getattr(ask, name)[0].tolist()
    free, masks = of("free"), [[1.] * M] * (R + 1) if ask.masks is None else of("masks")
    kept = [1.] * N
    for i in range(R): kept = [k * (1 - free[i][0] * looks[i][n]) for n, k in enumerate(kept)]
    usage = [(u + w - u * w) * k for u, w, k in zip(usage, written, kept)]
    content, empty = plain_content(memory, of("key")[0], of("strength")[0][0], masks[-1]), plain_allocation(usage)
    (allocate,), (gate,) = of("allocate"), of("gate")
    w = [gate * (allocate * a + (1 - allocate) * c) for a, c in zip(empty, content)]
    erase, add = of("erase"), of("add")
    memory = [[memory[n][m] * (kept[n] if wipe else 1) * (1 - w[n] * erase[m]) + w[n] * add[m] for m in range(M)] for n in range(N)]
    links = [[0. if n == j else (1 - w[n] - w[j]) * links[n][j] + w[n] * before[j] for j in range(N)] for n in range(N)]
    after = [(1 - sum(w)) * p + x for p, x in zip(before, w)]
    found, keys, strengths, modes = [], of("keys"), of("strengths"), of("modes")
    for i in range(R):
        back = [sum(links[j][n] * looks[i][j] for j in range(N)) for n in range(N)]
        forth = [sum(links[n][j] * looks[i][j] for j in range(N)) for n in range(N)]
        if ask.sharpness is not None: back, forth = (plain_sharp(d, s) for d, s in zip((back, forth), of("sharpness")[i]))
        content = plain_content(memory, keys[i], strengths[i][0], masks[i])
        found.append([modes[i][0] * b + modes[i][1] * c + modes[i][2] * f for b, c, f in zip(back, content, forth)])
    reads = [[sum(w[n] * memory[n][m] for n in range(N)) for m in range(M)] for w in found]
    return memory, usage, after, links, w, found, reads


@pytest.mark.parametrize("settings", [{}, *({name: True} for name in REPAIRS), ALL], ids=lambda s: " ".join(s) or "paper")
def test_addressing_is_the_plain_restatement(settings):
    torch.manual_seed(3)
    net = DNC(3, 2, memory_n=6, memory_m=4, reads=2, controller_size=9, **settings).double()
    net.interface.weight.data *= 2
    state = net.start(1)
    for x in 2 * torch.randn(12, 1, 3).double():
        h, _ = net.controller(torch.cat([x, state.reads.flatten(1)], -1), state.controller)
        ask = as_interface(net.interface(h), 4, 2, net.settings["masked_content"], net.settings["sharp_links"])
        plain = plain_step(ask, state, net.settings["wipe"])
        y, state = net.step(x, state)
        for name, expected in zip(DNCState._fields[1:], plain):
            torch.testing.assert_close(getattr(state, name)[0], torch.tensor(expected, dtype=torch.float64), rtol=1e-9, atol=1e-9, msg=name)
        torch.testing.assert_close(y, net.output(torch.cat([h, state.reads.flatten(1)], -1)))


def test_batch_and_loops_agree_on_random_parts():
    torch.manual_seed(4)
    usage = torch.rand(5, 9).double()
    torch.testing.assert_close(allocation(usage), torch.tensor([plain_allocation(row) for row in usage.tolist()], dtype=torch.float64))
    d, s = torch.rand(5, 9).double(), 1 + 4 * torch.rand(5, 1).double()
    torch.testing.assert_close(sharpened(d, s), torch.tensor([plain_sharp(row, e) for row, (e,) in zip(d.tolist(), s.tolist())], dtype=torch.float64))


def test_what_must_hold_of_any_sequence():
    "Usage in [0, 1]; weightings, rows and columns of the links sum to at most 1; none is negative; no cell links to itself."
    torch.manual_seed(5)
    for settings in ({}, ALL):
        net = DNC(3, 2, memory_n=7, memory_m=4, reads=3, controller_size=9, **settings)
        net.interface.weight.data *= 5
        _, _, trace = net(3 * torch.randn(60, 4, 3), record=True)
        assert 0 <= trace.usage.min() and trace.usage.max() <= 1
        for w in (*trace.weightings, trace.precedence, trace.links, trace.links.mT): assert w.min() > -1e-6 and w.sum(-1).max() < 1 + 1e-4
        assert not trace.links.diagonal(dim1=-2, dim2=-1).any()


# the repairs

def test_a_mask_hides_components():
    torch.manual_seed(6)
    memory, keys, mask = torch.randn(2, 6, 4), torch.randn(2, 3, 4), torch.tensor([1., 1, 0, 0]).expand(2, 3, 4)
    other = memory.clone()
    other[..., 2:] = torch.randn(2, 6, 2)
    torch.testing.assert_close(similarity(memory, keys, mask), similarity(other, keys, mask))
    assert not torch.allclose(similarity(memory, keys), similarity(other, keys))
    torch.testing.assert_close(similarity(memory, keys, torch.ones(2, 3, 4)), similarity(memory, keys))


def released(settings):
    "The content and the usage of the one written cell after its reader released it, in a machine whose gates are set by hand."
    net = DNC(1, 1, memory_n=4, memory_m=3, controller="feedforward", controller_size=2, **settings)
    z = torch.zeros(1, sum(interface_sizes(3, 1, *(net.settings[name] for name in ("masked_content", "sharp_links")))))
    ask = as_interface(z, 3, 1, net.settings["masked_content"], net.settings["sharp_links"])._replace(gate=torch.zeros(1, 1), free=torch.ones(1, 1, 1))
    state = net.start(1)
    state = state._replace(memory=torch.eye(4)[None, :, :3].clone(), usage=torch.eye(4)[None, 0], looks=torch.eye(4)[None, :1])
    kept = retention(ask.free, state.looks)
    usage = used(state.usage, state.written, kept)
    return put(ask, state.memory, place(ask, state.memory, usage), kept if net.settings["wipe"] else None)[0, 0], usage[0, 0]


def test_wipe_empties_what_is_released():
    content, usage = released({})
    assert content.norm() == 1 and usage == 0  # free, and still there to be found
    content, usage = released({"wipe": True})
    assert content.norm() == 0 and usage == 0


def test_wipe_acts_in_a_step():
    torch.manual_seed(7)
    plain = DNC(3, 2, memory_n=5, memory_m=3, controller_size=6)
    torch.manual_seed(7)
    wiping = DNC(3, 2, memory_n=5, memory_m=3, controller_size=6, wipe=True)
    x = torch.randn(1, 1, 3)
    state = plain.start(1)._replace(memory=torch.ones(1, 5, 3), looks=torch.eye(5)[None, :1])
    (_, kept), (_, gone) = plain(x, state), wiping(x, state)
    assert gone.memory[0, 0].norm() < kept.memory[0, 0].norm() and torch.equal(gone.memory[0, 1:], kept.memory[0, 1:])


def test_sharpness_undoes_a_blur():
    "Along blurred links a head that sharpens keeps its place over a walk; one that does not loses it."
    n = 9
    links = .9 * torch.eye(n).roll(1, 0)[None] + .01
    places = {}
    for s in (None, torch.full((1, 1, 2), 4.)):
        at = torch.eye(n)[None, :1]
        for _ in range(6): at = walk(links, at, s)[1]
        places[s is None] = at[0, 0, 6] / at.sum()
    assert places[False] > .98 and places[True] < .7
    torch.testing.assert_close(sharpened(links, torch.ones(1, n, 1)), links / links.sum(-1, keepdim=True), rtol=1e-4, atol=1e-5)


def test_the_paper_has_none_of_them():
    net = DNC(9, 8)
    assert not any(net.settings[name] for name in REPAIRS)
    assert net.interface.out_features == 20 + 3 * 20 + 5 + 3
    assert DNC(9, 8, **ALL).interface.out_features == 88 + 2 * 20 + 2


# order: what was written in a row is read in a row

def test_a_reader_walks_what_was_written():
    links, before = torch.zeros(1, 5, 5), torch.zeros(1, 5)
    for cell in (3, 0, 4, 1):
        w = torch.eye(5)[None, cell]
        links, before = link(links, before, w), precede(before, w)
    at, seen = torch.eye(5)[None, 3:4], []
    for _ in range(4): seen.append(int(at[0, 0].argmax())); at = walk(links, at)[1]
    assert seen == [3, 0, 4, 1] and not at.any()  # after the last there is nothing
    assert walk(links, torch.eye(5)[None, 4:5])[0][0, 0].argmax() == 0


# both as networks

def gradcheck_all(net, inputs):
    names = [name for name, _ in net.named_parameters()]
    def call(x, *weights): return torch.func.functional_call(net, dict(zip(names, weights)), (x,))[0]
    return torch.autograd.gradcheck(call, [inputs.requires_grad_(), *(p.detach().requires_grad_() for p in net.parameters())], fast_mode=True)


@pytest.mark.parametrize("net", [DNC(2, 2, memory_n=5, memory_m=3, reads=2, controller_size=4, **ALL), DNC(2, 2, memory_n=5, memory_m=3, controller_size=4),
                                 LSTMNetwork(2, 2, 4)], ids=["repaired", "dnc", "lstm"])
def test_gradients(net):
    torch.manual_seed(8)
    for p in net.parameters(): nn.init.normal_(p, std=.7)
    assert gradcheck_all(net.double(), torch.randn(5, 2, 2).double())


@pytest.mark.parametrize("name", SMALL)
def test_trace_and_whole(name):
    trainer = make_trainer("copy", name, seed=1, **SMALL[name])
    net, x = trainer.net, torch.randn(8, 3, 9)
    (whole, end), (steps, end2, trace) = net(x), net(x, record=True)
    torch.testing.assert_close(steps, whole)
    state, outputs = net.start(3), []
    for step in x:
        y, state = net.step(step, state)
        outputs.append(y)
    torch.testing.assert_close(torch.stack(outputs), whole)
    assert type(trace) is type(end) and len(trace[1]) == 8
    if name == "lstm": assert net.drawn(trace) == Drawn() and net.heads_in_words == ""
    else:
        matrix = net.drawn(trace).matrix
        assert net.heads_in_words == "wr" and [w.shape for w in matrix.weightings] == [(8, 3, 12)] * 2 and matrix.memory.shape == (8, 3, 12, 5)


def test_figures():
    torch.manual_seed(9)
    for name in SMALL:
        trainer = make_trainer("copy", name, seed=1, **SMALL[name])
        seen = record(trainer.task, trainer.net, 0, length=3)
        if name == "dnc":
            figure = plot_weightings(seen.matrix, trainer.net.heads_in_words)
            assert [ax.get_title() for ax in figure.axes[:2]] == ["write head", "read head"]
            plot_memory(seen.matrix)
            continue
        assert seen.matrix is None
        _, _, trace = trainer.net(seen.batch.inputs, record=True)
        for draw in (lambda: plot_weightings(trace, ""), lambda: plot_memory(trace)):
            with pytest.raises(InputError, match="LSTMState has no memory matrix to draw"): draw()


@pytest.mark.parametrize("name", SMALL)
def test_memory_between_episodes(name):
    torch.manual_seed(10)
    task = GraphRecallTask(sequence_width=5)
    batch = task.batch(2, torch.Generator().manual_seed(1), links=2)
    told = batch.inputs.clone()
    told[:2, :, :5] = 1 - told[:2, :, :5]  # another first fact
    for keep in (False, True):
        trainer = make_trainer("graph-recall", name, seed=1, sequence_width=5, keep_between_episodes=keep, **SMALL[name])
        answers = [task.answer(trainer.net, batch._replace(inputs=inputs)) for inputs in (batch.inputs, told)]
        assert torch.equal(*answers) != keep  # told is told: without the setting no fact reaches the episode that asks
    _, end = trainer.net(batch.inputs)
    new = trainer.net.renew(end)
    if name == "lstm": assert new is end
    else:
        assert torch.equal(new.memory, end.memory) and torch.equal(new.links, end.links) and torch.equal(new.written, end.written)
        assert not new.looks.any() and torch.equal(new.controller.h, trainer.net.start(2).controller.h)


def test_more_cells():
    torch.manual_seed(11)
    net = DNC(4, 3, memory_n=6, memory_m=3, **ALL).double()
    wide, same = net.with_memory(50), DNC(4, 3, memory_n=50, memory_m=3, **ALL).double()
    same.load_state_dict(net.state_dict())
    x = torch.randn(20, 2, 4).double()
    assert torch.equal(wide(x)[0], same(x)[0]) and wide(x)[1].usage.shape == (2, 50)
    assert net.settings["memory_n"] == 6 and net(x)[1].usage.shape == (2, 6)
    with pytest.raises(ValueError, match="memory_n=0"): net.with_memory(0)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("optimiser", ["graves", "adam", "adamw"])
def test_runs_are_kept_and_go_on(tmp_path, name, optimiser):
    settings = dict(SMALL[name], sequence_max_len=3, optimiser=optimiser, decay_from=1., report_interval=2, checkpoint_interval=4, batch_size=2)
    whole = make_trainer("copy", name, seed=1, folder=tmp_path/"run", num_batches=8, **settings)
    whole.fit(progress=False)
    with pytest.warns(UserWarning): again = resume(tmp_path/"run"/"checkpoint-4.pt")
    again.fit(progress=False)
    assert [r["loss"] for r in again.history] == [r["loss"] for r in whole.history]
    task, net = load(tmp_path/"run")
    assert net.settings == whole.net.settings and type(net) is type(whole.net)
    assert evaluate(task, net, 4, length=5) == evaluate(whole.task, whole.net, 4, length=5)


def command(*words):
    "Run a command line that ends well."
    with pytest.raises(SystemExit) as e: main(list(words))
    assert e.value.code in (None, 0)


@pytest.mark.parametrize("name", SMALL)
def test_from_the_command_line(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    words = [w for key, value in SMALL[name].items() for w in ("-p", f"{key}={value}")]
    command("train", "--task", "copy", "--model-type", name, "-p", "num_batches=4", "-p", "optimiser=adam", "-p", "sequence_max_len=3", *words)
    command("train", "--task", "copy", "--model-type", name, "--resume", "--num-batches", "6")
    folder = f"checkpoints/copy-{name}-seed1000"
    config = json.loads((tmp_path/folder/"config.json").read_text())
    assert (config["model_parameters"]["controller_size"], config["training"]["optimiser"]) == (12, "adam")
    capsys.readouterr()
    command("eval", "--checkpoint", folder, "--length", "3", "--sequences", "2", "--json")
    assert json.loads(capsys.readouterr().out)["length"] == 3


@pytest.mark.parametrize("name, setting, words", [
    ("dnc", "memory_n=0", "memory_n=0: it must be at least 1"), ("dnc", "reads=0", "reads=0: it must be at least 1"),
    ("dnc", "reads=two", "reads takes a whole number"), ("dnc", "wipe=maybe", "wipe takes true or false"),
    ("dnc", "controller=gru", "write one of lstm, feedforward"), ("dnc", "memory_n=9000000", "memory_n=9000000, memory_m=20: that takes"),
    ("dnc", "masked=true", "did you mean masked_content?"), ("dnc", "heads=rw", "there is no parameter heads"),
    ("lstm", "controller_layers=0", "controller_layers=0: it must be at least 1"), ("lstm", "controller_size=9000000", "controller_size=9000000, controller_layers=3: that takes"),
    ("lstm", "memory_n=5", "there is no parameter memory_n"), ("lstm", "optimiser=sgd", "optimiser=sgd: choose from graves, adam, adamw")])
def test_settings_that_cannot_be(tmp_path, monkeypatch, capsys, name, setting, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as e: main(["train", "--task", "copy", "--model-type", name, "-p", setting])
    said = capsys.readouterr().err
    assert e.value.code == 2 and words in said and "Traceback" not in said
    assert not list(tmp_path.iterdir())


def test_help_names_both(capsys):
    command("train", "--help")
    said = capsys.readouterr().out
    for name, summary in (("lstm", "the paper's rival"), ("dnc", "a differentiable neural computer")): assert name in said and summary in said
    command("train", "--model-type", "dnc", "--dry-run")
    said = capsys.readouterr().out
    for name in (*REPAIRS, "reads", "keep_between_episodes"): assert f"{name}=" in said
