"A memory that grows: the copy with more cells, the pass that keeps no tape, and the command that asks with more cells."
import json, os, subprocess, sys
from pathlib import Path

import pytest
import torch

from dualntm.dual import DualMemoryController, DualMemoryNTM
from dualntm.ntm import NTM, Network
from dualntm.ntm import episode, fused
from dualntm.train import CopyTask, RepeatCopyTask, Task, evaluate, load

DATA = Path(__file__).parents[1]/"data"


def small(**settings):
    torch.manual_seed(0)
    return NTM(5, 3, **{"memory_n": 16, "memory_m": 4, "controller_size": 20, **settings})


def dual(**settings):
    torch.manual_seed(0)
    return DualMemoryController(5, 3, 4, True, **{"memory_n": 16, "memory_m": 4, "controller_size": 20, **settings})


def flat(state): return [state] if isinstance(state, torch.Tensor) else [t for part in state if isinstance(part, (tuple, torch.Tensor)) for t in flat(part)]


@pytest.mark.parametrize("make", [small, dual])
@pytest.mark.parametrize("cells", [3, 9, 16, 17, 300])
def test_more_cells_change_nothing_but_the_memory(make, cells):
    net = make()
    before = {name: t.clone() for name, t in net.state_dict().items()}
    grown = net.with_memory(cells)
    assert type(grown) is type(net) and grown.settings == {**net.settings, "memory_n": cells}
    assert all(torch.equal(t, before[name]) for name, t in net.state_dict().items()) and net.settings["memory_n"] == 16, "the network itself stays"
    for name, t in grown.state_dict().items():
        if name not in ("memory", "weightings"): assert torch.equal(t, before[name]) and t.data_ptr() != before[name].data_ptr()
    old = [i for i in range(cells) if grown.memory[i].any()]
    assert len(old) == min(cells, 16) and grown.memory.shape == (cells, 4)
    first, grown_first = (NTM.start(n, 2).weightings for n in (net, grown))
    kept = [next(k for k in range(16) if torch.equal(net.memory[k], grown.memory[i])) for i in old]
    assert kept == sorted(kept) and (cells < 16 or kept == list(range(16))), "the circle keeps its order"
    for old_w, new_w in zip(first, grown_first):
        assert torch.allclose(new_w[:, old], old_w[:, kept] / old_w[:, kept].sum(-1, keepdim=True), atol=1e-6)
        assert not new_w[:, [i for i in range(cells) if i not in old]].any()


@pytest.mark.parametrize("begins, place", [((0, 0), 8), ((15, 0), 7), ((3, 3), 11), ((0, 8), 4)])
def test_new_cells_stand_far_from_where_heads_begin(begins, place):
    "So that a head keeps its neighbours on both sides, and fewer cells keep those at which heads begin."
    net = small()
    with torch.no_grad():
        for w, begin in zip(net.weightings, begins): w[begin] = 9.
    grown, less = net.with_memory(40), net.with_memory(6)
    assert not grown.memory[place:place + 24].any() and torch.equal(grown.memory[:place], net.memory[:place]) and torch.equal(grown.memory[place + 24:], net.memory[place:])
    assert torch.equal(net.with_memory(23).with_memory(40).memory, grown.memory)
    if begins != (0, 8): assert all((less.memory == net.memory[begin]).all(1).any() for begin in begins)


def test_a_grown_memory_keeps_a_network_that_looks_by_content():
    "A network that goes back to the start by content, and one that goes round the circle, copy as before with many more cells."
    task, net = load(DATA/"repeat-copy"/"seed10")
    assert evaluate(task, net.with_memory(1024), 10, length=8, repeats=5)["bit_error"] < 1
    task, net = load("repeat-copy")
    assert evaluate(task, net.with_memory(256), 10, length=8, repeats=5)["bit_error"] < 1


def test_a_network_that_grew_can_be_trained_saved_and_changed():
    grown = small().double().with_memory(40)
    assert grown.memory.dtype == torch.float64 and isinstance(grown.weightings, torch.nn.Parameter)
    grown(torch.randn(6, 2, 5).double())[0].sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in grown.parameters())
    again = small(**grown.settings).double()
    again.load_state_dict(grown.state_dict())
    x = torch.randn(6, 2, 5).double()
    assert torch.equal(again(x)[0], grown(x)[0])
    assert not small().eval().with_memory(20).training


def test_engines_agree_on_a_grown_memory():
    nets = [make(engine=engine).with_memory(777) for make in (small, dual) for engine in ("eager", "fused")]
    x = torch.randn(12, 2, 5)
    for eager, compiled in (nets[:2], nets[2:]):
        answers = [net(x)[0] for net in (eager, compiled)]
        assert torch.allclose(*answers, atol=1e-5)
        for y in answers: y.square().sum().backward()
        for (name, ours), theirs in zip(eager.named_parameters(), compiled.parameters()):
            if ours.grad is not None: assert ours.grad.isfinite().all() and torch.allclose(ours.grad, theirs.grad, rtol=1e-3, atol=1e-4), name


def test_a_graph_memory_is_shared():
    net = DualMemoryNTM(5, 3, 4, True, memory_n=16, memory_m=4, controller_size=8)
    assert net.with_memory(32).graph_memory is net.graph_memory


@pytest.mark.parametrize("cells, words", [(4, "memory_n=4: heads that move by up to 2 need at least 5 cells"), (0, "memory_n=0"), (20., "memory_n=20.0"), (2 ** 31 - 1, "GB")])
def test_a_size_that_can_not_be_is_one_sentence(cells, words):
    with pytest.raises(ValueError, match=words) as caught: small(shift_range=2, memory_m=2000).with_memory(cells)
    assert "\n" not in str(caught.value)


def test_a_network_without_a_matrix_says_so():
    class Bare(Network): model_type = "bare"
    with pytest.raises(ValueError, match="a network of type bare has no matrix whose size can change"): Bare(5, 3).with_memory(20)


def test_a_trained_network_copies_more_than_it_was_trained_for():
    task, net = load(DATA/"copy"/"default-seed1")
    assert evaluate(task, net, 2, length=300)["bit_error"] > 10
    assert evaluate(task, net.with_memory(330), 2, length=300)["bit_error"] == 0


@pytest.mark.parametrize("settings", [{}, {"heads": "wrw", "controller": "feedforward"}, {"heads": "rr", "controller_layers": 2}, {"memory_n": 301, "memory_m": 7}])
@pytest.mark.parametrize("steps", [1, 255, 256, 511, 512, 513, 1023])
def test_the_pass_without_a_tape_gives_the_same_bits(settings, steps):
    net, x = small(**settings), torch.randn(steps, 3, 5)
    kept = fused.run_fused(net, x, tops=True)
    traced = fused.run_fused(net, x, record=True)
    with torch.no_grad(): short = fused.run_fused(net, x, tops=True)
    for a, b, c in zip(flat(kept), flat(short), [*flat(traced[:2])]): assert torch.equal(a, b) and torch.equal(a, c)
    assert torch.equal(kept[2], short[2]) and not short[0].requires_grad


@pytest.fixture
def tapes(monkeypatch):
    "Bytes of each tape that a pass makes, in the order of making; a tape that is used again counts once."
    found, seen = [], {}
    def counted(make):
        def made(*args):
            tape = make(*args)
            fresh = [t for t in tape if t.data_ptr() not in seen]
            seen.update((t.data_ptr(), t) for t in fresh)
            if fresh: found.append(sum(t.nbytes for t in fresh))
            return tape
        return made
    for name in ("new_tape", "next_tape"): monkeypatch.setattr(fused, name, counted(getattr(fused, name)))
    return found


def test_a_tape_without_gradients_does_not_grow_with_the_sequence(tapes):
    net, found = small(memory_n=500), {}
    for steps in (512, 2048, 8192):
        tapes.clear()
        with torch.no_grad(): net(torch.zeros(steps, 1, 5))
        found[steps] = sum(tapes)
    assert found[512] == found[2048] == found[8192] < 5 * 500 * 4 * 4 + 300 * 4 * fused.step_bytes(small(memory_n=3))
    tapes.clear()
    net(torch.zeros(512, 1, 5))
    assert sum(tapes) > 512 * 500 * 4 * 4, "with gradients every version of the memory is kept"


PEAK = """
import sys, torch
from dualntm.ntm import NTM
from dualntm.dual import DualMemoryController
def high():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024
kind, engine, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
net = (NTM(5, 3, engine=engine) if kind == "ntm" else DualMemoryController(5, 3, 4, True, engine=engine)).with_memory(4000)
net.prepare()
state = net.start(1)
if kind == "dual": state.graph.usage[:, 0] = 1
with torch.no_grad():
    net(torch.zeros(3, 1, 5), state)
    open("/proc/self/clear_refs", "w").write("5")
    before = high()
    net(torch.rand(steps, 1, 5).round(), state)
print(high() - before)
"""


@pytest.mark.parametrize("kind, engine, steps", [("ntm", "fused", 2000), ("ntm", "eager", 300), ("ntm", "eager", 1000), ("dual", "eager", 300)])
def test_peak_memory_without_gradients(kind, engine, steps):
    if not os.access("/proc/self/clear_refs", os.W_OK): pytest.skip("this system does not say how much memory was used at most")
    done = subprocess.run([sys.executable, "-c", PEAK, kind, engine, str(steps)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 30, f"{done.stdout} MB; a version of the memory takes 0.32 MB, and {steps} of them {steps * .32:.0f}"


def test_tasks_know_how_many_cells_they_need():
    class Other(Task): name = "other"
    assert (CopyTask().cells(length=1000), RepeatCopyTask().cells(length=20, repeats=10), Other().cells(length=5)) == (1000, 20, 0)
    assert (CopyTask().cells(), RepeatCopyTask().cells(repeats=3)) == (20, 10)


def dualntm(*words):
    done = subprocess.run([sys.executable, "-m", "dualntm", *words], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_eval_asks_with_more_cells():
    run = ("eval", "--checkpoint", str(DATA/"copy"/"default-seed1"), "--length", "150", "--sequences", "2", "--json")
    code, out, told = dualntm(*run, "-p", "memory_n=170")
    row = json.loads(out)
    assert (code, row["bit_error"], row["memory_n"], told) == (0, 0, 170, "")
    code, out, told = dualntm(*run)
    assert code == 0 and json.loads(out)["bit_error"] > 1 and "memory_n" not in json.loads(out)
    assert "copy with length=150 needs a cell for each vector, and the memory has 128: -p memory_n=150" in told


@pytest.mark.parametrize("words, says", [
    (("memory_n=100", "--length", "20", "101"), "-p memory_n=100: copy with length=101 needs a cell for each vector: give memory_n=101 or more"),
    (("memory_n=2",), "memory_n=2: heads that move by up to 1 need at least 3 cells"),
    (("memory_n=-5",), "memory_n=-5: write a whole number of cells"),
    (("memory_n=200", "-p", "memory_n=300"), "memory_n is given twice"),
    (("memory_m=30",), "-p memory_m: of a network for copy only memory_n can change")])
def test_cells_that_can_not_be_are_one_sentence(words, says):
    code, out, told = dualntm("eval", "--checkpoint", str(DATA/"copy"/"default-seed1"), "-p", *words)
    assert code == 2 and says in told and len(told.splitlines()) == 1 and not out
