"Many settings and many seeds in one command: on workers of this machine, on two nodes of a Ray cluster, with some of them killed."
import json, os, signal, socket, subprocess, sys, time
from pathlib import Path

import psutil
import pytest

from dualntm.train import read_checkpoint, read_history
from processes import command, complains, start, wait_for

SMALL = ["-p", "engine=eager", "-p", "memory_n=8", "-p", "sequence_max_len=3", "-p", "sequence_width=3", "--report-interval", "5"]
SWEEP = ["sweep", "--task", "copy", *SMALL, "-p", "controller_size=8,12", "--seeds", "1-2"]
FOLDER = Path("sweeps/copy-ntm")


def run(*words, cwd): return subprocess.run(command(*words), capture_output=True, text=True, cwd=cwd, timeout=900)


def trials(folder): return {row["name"]: row for row in json.loads((folder/FOLDER/"sweep.json").read_text())["trials"]}


def test_a_sweep_can_be_stopped_and_goes_on(tmp_path):
    "Stopped while two of four trials train, gone on with by the same words, and once more with a seed more."
    words = [*SWEEP, "--num-batches", 150, "--checkpoint-interval", 10, "--workers", 2]
    process = start(*words, cwd=tmp_path)
    wait_for(tmp_path/FOLDER/"controller_size=8"/"copy-ntm-seed2"/"checkpoint-10.pt", process)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=900)
    assert process.returncode == 143 and out == "" and "go on with: dualntm sweep" in err and "Traceback" not in err, err
    begun = {name for name, row in trials(tmp_path).items() if row["state"] in ("stopped", "finished")}
    assert "controller_size=8 seed 2" in begun and any(row["state"] == "not begun" for row in trials(tmp_path).values())
    before = read_checkpoint(tmp_path/FOLDER/"controller_size=8"/"copy-ntm-seed2")["batch"]
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.count("2 of 2") == 2 and before < 150, done.stderr  # finished, of two combinations
    assert {row["state"] for row in trials(tmp_path).values()} == {"finished"}
    assert (tmp_path/FOLDER/"sweep.png").read_bytes().startswith(b"\x89PNG")
    ages = {path: path.stat().st_mtime_ns for path in (tmp_path/FOLDER).glob("*/*/latest.pt")}
    words[words.index("1-2")] = "1-3"
    assert run(*words, cwd=tmp_path).returncode == 0
    assert len(ages) == 4 and all(path.stat().st_mtime_ns == age for path, age in ages.items())  # those that were finished were not touched
    assert len(trials(tmp_path)) == 6
    one = run("train", "--task", "copy", *SMALL, "-p", "controller_size=12", "--seed", 2, "--num-batches", 150, cwd=tmp_path)
    assert one.returncode == 0
    alone, among = (read_history(tmp_path/place) for place in ("checkpoints/copy-ntm-seed2", FOLDER/"controller_size=12"/"copy-ntm-seed2"))
    assert [r["loss"] for r in alone] == [r["loss"] for r in among]  # a trial is the run that it would be alone


def trainer_of(process, seed, setting):
    "The process of a trial, which the sweep has started; what a trial starts itself looks like it for a moment."
    for child in psutil.Process(process.pid).children():
        try: words = child.cmdline()
        except psutil.NoSuchProcess: continue
        if setting in words and ("--seed", seed) in zip(words, words[1:]): return child
    return None


@pytest.mark.parametrize("kills", [1, 3])
def test_a_trial_that_is_killed_is_trained_again(tmp_path, kills):
    "Killed once it goes on from its checkpoint; killed three times it has failed, and the others are trained all the same."
    words = [*SWEEP, "--num-batches", 600, "--checkpoint-interval", 50, "--workers", 2]
    process, killed, folder = start(*words, cwd=tmp_path), [], tmp_path/FOLDER/"controller_size=8"/"copy-ntm-seed1"
    while len(killed) < kills:
        assert process.poll() is None, process.communicate()
        child = trainer_of(process, "1", "controller_size=8")
        if child and child.pid not in killed and (folder/"checkpoint-50.pt").exists():
            child.kill()
            killed.append(child.pid)
        time.sleep(.05)
    out, err = process.communicate(timeout=900)
    row = trials(tmp_path)["controller_size=8 seed 1"]
    assert row["started"] == min(kills + 1, 3), row
    if kills == 1: assert process.returncode == 0 and row["state"] == "finished" and read_checkpoint(folder)["batch"] == 600, err
    else: assert process.returncode == 1 and row["state"] == "failed" and "controller_size=8 seed 1 failed: it was killed 3 times" in err, err
    assert [row["state"] for name, row in trials(tmp_path).items() if name != "controller_size=8 seed 1"] == ["finished"] * 3
    assert "Traceback" not in err


def test_a_sweep_that_is_killed_leaves_nobody_behind(tmp_path):
    process = start(*SWEEP, "--num-batches", 1_000_000, "--workers", 2, cwd=tmp_path)
    wait_for(tmp_path/FOLDER/"controller_size=8"/"copy-ntm-seed1"/"config.json", process)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    assert children
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]


def test_what_does_not_fit_is_said_before_anything_trains(tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{silent.getsockname()[1]}"
        for words, part in ((["-p", "controller_size=8,wide"], "controller_size takes a whole number, not 'wide'"), (["-p", "heads=rw,x"], "heads"), (["--seeds", "2-1"], "--seeds 2-1"),
                            (["-p", "controller_size=8,8"], "is there twice"), (["--ray", "nowhere"], "HOST:PORT"), (["--ray", nobody], f"--ray {nobody}")):
            done = run("sweep", "--task", "copy", *words, cwd=tmp_path)
            complains((done.returncode, done.stdout, done.stderr), part)
    assert not (tmp_path/"sweeps").exists()


CLUSTER = """
import sys
from ray.cluster_utils import Cluster
def tried(start):  # Ray gives a node 30 seconds to start, which a machine with other work may exceed
    for _ in range(3):
        try: return start()
        except Exception as e: print("late:", e, file=sys.stderr)
cluster = tried(lambda: Cluster(initialize_head=True, head_node_args=dict(num_cpus=1, include_dashboard=False, object_store_memory=80_000_000)))
if cluster and tried(lambda: cluster.add_node(num_cpus=1, object_store_memory=80_000_000)): print("address", cluster.address, flush=True)
else: print("late", flush=True)
sys.stdin.read()
cluster.shutdown()
"""


@pytest.fixture
def cluster(tmp_path):
    "The address of a cluster of two nodes on this machine, each with one core."
    pytest.importorskip("ray", reason="Ray is an extra: pip install 'dualntm[ray]'")
    process = subprocess.Popen([sys.executable, "-c", CLUSTER], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_agent_register_timeout_ms": "300000"})
    try:
        line = next((line for line in process.stdout if line.startswith(("address", "late"))), None)
        assert line, process.stderr.read()
        if line.startswith("late"): pytest.skip("Ray could not start two nodes here, each within its 30 seconds: try again on a machine without other work")
        yield line.split()[1]
    finally:
        process.stdin.close()
        process.wait(timeout=120)


@pytest.mark.skipif(not os.environ.get("DUALNTM_LONG"), reason="starts a Ray cluster, which takes minutes: set DUALNTM_LONG=1")
def test_two_nodes_of_a_cluster(cluster, tmp_path):
    "Each node trains some of the trials; one of them is killed with its worker, and trained again."
    words = [*SWEEP, "--num-batches", 600, "--checkpoint-interval", 50, "--ray", cluster]
    process, folder = start(*words, cwd=tmp_path), tmp_path/FOLDER/"controller_size=8"/"copy-ntm-seed1"
    wait_for(folder/"checkpoint-50.pt", process)
    child = next(p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] and "--seed" in p.info["cmdline"] and p.info["cmdline"][-1] == "1"
                 and any(str(tmp_path) in word and "controller_size=8" in word for word in p.info["cmdline"]))
    worker = child.parent()
    worker.kill()  # and the system kills what it has started
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, err
    assert {row["state"] for row in trials(tmp_path).values()} == {"finished"} and trials(tmp_path)["controller_size=8 seed 1"]["started"] == 2
    assert out.count("2 of 2") == 2 and "Traceback" not in err
