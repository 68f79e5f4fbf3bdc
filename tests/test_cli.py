"The command line as a process: how it starts, how it is killed, and how it goes on."
import json, os, signal, subprocess, sys, time

import pytest
import torch
from processes import run, start, wait_for

from dualntm.train import read_checkpoint

SMALL = ("-p sequence_width=3 -p sequence_max_len=3 -p memory_n=8 -p memory_m=6 -p controller_size=24 "
         "--checkpoint-interval 20 --report-interval 10 --seed 1").split()


def history(folder): return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in (folder/"history.jsonl").read_text().splitlines()]


def same_weights(one, other):
    one, other = (torch.load(folder/"latest.pt", weights_only=True)["net"] for folder in (one, other))
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    "A run of 400 batches that nothing disturbed."
    folder = tmp_path_factory.mktemp("unbroken")
    result = run("train", *SMALL, "--num-batches", 400, cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder/"checkpoints"/"copy-ntm-seed1"


def test_importing_is_light():
    heavy = "{'torch', 'numpy', 'matplotlib', 'transformers', 'neo4j', 'numba'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", f"import sys, dualntm, dualntm.cli; assert not {heavy}, {heavy}"], check=True)
    subprocess.run([sys.executable, "-c", "from dualntm import *; NTM(3, 2), TrainPanel"], check=True)  # all there is, pictures and panels too
    subprocess.run([sys.executable, "-c", "import sys; from dualntm import NTM, make_trainer; assert not {'matplotlib', 'ipywidgets'} & set(sys.modules); NTM(3, 2)"], check=True)


def test_console_script_and_version():
    import dualntm
    script = subprocess.run([os.path.join(os.path.dirname(sys.executable), "dualntm"), "--version"], capture_output=True, text=True)
    assert script.stdout == f"dualntm {dualntm.__version__}\n" == run("--version").stdout


def test_run_leaves_its_files(unbroken):
    assert {"config.json", "history.jsonl", "latest.pt", "checkpoint-20.pt", "checkpoint-400.pt"} <= {p.name for p in unbroken.iterdir()}
    assert [path.name for path in unbroken.glob(".*")] == [".lock"]
    records = history(unbroken)
    assert [r["batch"] for r in records] == list(range(10, 401, 10))
    assert {"batch", "sequences", "loss", "cost", "bits"} <= records[0].keys()


def test_kill_at_any_moment_and_resume(unbroken, tmp_path):
    "Killed again and again, in the middle of whatever it did, and resumed each time: nothing is lost and nothing is done twice."
    folder = tmp_path/"checkpoints"/"copy-ntm-seed1"
    process = start("train", *SMALL, "--num-batches", 400, cwd=tmp_path)
    for kills, batch in enumerate((20, 60, 160, 240)):
        wait_for(folder/f"checkpoint-{batch}.pt", process)
        time.sleep(0.003 * kills)
        process.kill()
        process.communicate()
        assert read_checkpoint(folder)["batch"] in (batch - 20, batch, batch + 20)  # the newest, also if it is not yet latest.pt
        process = start("train", *SMALL, "--resume", cwd=tmp_path)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert history(folder) == history(unbroken)
    assert same_weights(folder, unbroken)


def test_interrupt_saves_and_says_how_to_go_on(unbroken, tmp_path):
    folder = tmp_path/"checkpoints"/"copy-ntm-seed1"
    process = start("train", *SMALL, "--num-batches", 400, cwd=tmp_path)
    wait_for(folder/"checkpoint-60.pt", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err and "dualntm train --resume checkpoints/copy-ntm-seed1" in err
    result = run("train", "--resume", "checkpoints/copy-ntm-seed1", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert history(folder) == history(unbroken)
    assert same_weights(folder, unbroken)


def test_a_torn_checkpoint_is_said(unbroken, tmp_path):
    torn = tmp_path/"torn.pt"
    torn.write_bytes((unbroken/"latest.pt").read_bytes()[:20000])
    for words in (("eval", "--checkpoint", torn), ("train", "--resume", torn)):
        result = run(*words)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.startswith("dualntm: error:") and result.stderr.count("\n") == 1 and str(torn) in result.stderr


def test_an_existing_run_is_kept(unbroken):
    before = {path: path.read_bytes() for path in unbroken.iterdir()}
    result = run("train", *SMALL, "--num-batches", 10, cwd=unbroken.parent.parent)
    assert result.returncode == 2 and "--resume" in result.stderr and "--overwrite" in result.stderr
    assert {path: path.read_bytes() for path in unbroken.iterdir()} == before


def test_overwrite_starts_anew(unbroken, tmp_path):
    for _ in range(2): result = run("train", *SMALL, "--num-batches", 30, "--overwrite", cwd=tmp_path)
    assert result.returncode == 0 and "30 sequences" in result.stdout
    assert [r["batch"] for r in history(tmp_path/"checkpoints"/"copy-ntm-seed1")] == [10, 20, 30]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission(tmp_path):
    tmp_path.chmod(0o500)
    result = run("train", *SMALL, "--checkpoint-path", tmp_path/"runs")
    assert result.returncode == 2 and "can't write to" in result.stderr and "Traceback" not in result.stderr


def test_eval_prints_json_lines(unbroken):
    result = run("eval", "--checkpoint", unbroken, "--length", 2, 5, "--sequences", 7, "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["length"] for row in rows] == [2, 5]
    for row in rows: assert row["bit_error"] == pytest.approx(100 * row["cost"] / (3 * row["length"]))
