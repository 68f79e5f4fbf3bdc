"Runs that are watched: curves in TensorBoard and MLflow, the list of runs, pictures, and what to do next."
import json, os, shutil, signal, subprocess, sys, threading, warnings
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from processes import complains, run, start, wait_for

from dualntm.cli import main
from dualntm.errors import InputError, Interrupted
from dualntm.files import is_held, Lock
from dualntm.train import make_trainer, read_history, resume, Watcher

SMALL = "-p sequence_width=3 -p sequence_max_len=3 -p memory_n=8 -p memory_m=6 -p controller_size=12 -p engine=eager --report-interval 10".split()
SETTINGS = dict(sequence_width=3, sequence_max_len=3, memory_n=8, memory_m=6, controller_size=12, engine="eager", report_interval=10)
needs_tensorboard = pytest.mark.skipif(not find_spec("tensorboard"), reason="TensorBoard is not installed")


def typed(capsys, *words):
    "A command in this process: exit code, stdout, stderr."
    with pytest.raises(SystemExit) as ended: main([*map(str, words)])
    said = capsys.readouterr()
    return ended.value.code or 0, said.out, said.err


def curves_in(folder):
    "The points of each curve, as TensorBoard reads them."
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {name: [(point.step, float(f"{point.value:.6g}")) for point in events.Scalars(name)] for name in events.Tags()["scalars"]}


def curves_of(folder):
    history = read_history(folder)
    return {name: [(record["batch"], record[name]) for record in history] for name in history[0] if name != "batch"}


class Heard(Watcher):
    "Keeps what it is told."
    def __init__(self): self.said = []
    def begin(self, run): self.said.append(("begin", len(run.history)))
    def report(self, batch, numbers): self.said.append((batch, numbers["cost"]))
    def end(self, summary): self.said.append((summary["state"], summary["batch"]))
    def close(self): self.said.append("close")


# watchers

def test_a_watcher_hears_what_the_history_has(tmp_path):
    heard = Heard()
    trainer = make_trainer("copy", folder=tmp_path/"run", num_batches=25, watchers=[heard], **SETTINGS)
    trainer.fit(progress=False)
    assert heard.said == [("begin", 0), *((record["batch"], record["cost"]) for record in trainer.history), ("finished", 25), "close"]
    again = Heard()
    resume(tmp_path/"run", num_batches=30, watchers=[again]).fit(progress=False)
    assert again.said[0] == ("begin", 3) and again.said[-2:] == [("finished", 30), "close"] and len(again.said) == 4


def test_a_watcher_hears_of_ctrl_c_after_the_checkpoint(tmp_path):
    class Looks(Heard):
        def end(self, summary): self.said.append((summary["state"], (tmp_path/"run"/"checkpoint-13.pt").exists()))
    trainer = make_trainer("copy", folder=tmp_path/"run", num_batches=1000, watchers=[looks := Looks()], **SETTINGS)
    learn = trainer.task.learn
    def stopped(net, batch, step):
        if trainer.batch == 12: signal.raise_signal(signal.SIGINT)
        return learn(net, batch, step)
    object.__setattr__(trainer.task, "learn", stopped)
    with pytest.raises(Interrupted): trainer.fit(progress=False)
    assert looks.said[-2:] == [("stopped", True), "close"]


def test_a_watcher_hears_of_a_failure_and_the_folder_keeps_it(tmp_path):
    heard = Heard()
    trainer = make_trainer("copy", folder=tmp_path/"run", num_batches=50, rmsprop_lr=1e30, watchers=[heard], **SETTINGS)
    with pytest.raises(ArithmeticError) as error: trainer.fit(progress=False)
    assert heard.said[-2][0] == "failed" and json.loads((tmp_path/"run"/"failed.json").read_text())["said"] == str(error.value)


@pytest.mark.parametrize("moment", ["begin", "report", "end", "close"])
def test_a_watcher_that_raises_is_left_out(tmp_path, moment):
    "Whatever it is asked, and the run is the same to the last bit."
    class Falls(Heard): pass
    def fall(self, *what):
        torch.rand(3)
        raise RuntimeError("no\nroute")
    setattr(Falls, moment, fall)
    weights, heard = [], Heard()
    for watchers in ((), (Falls(), heard)):
        trainer = make_trainer("copy", num_batches=30, watchers=watchers, **SETTINGS)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            trainer.fit(progress=False)
        weights.append((trainer.net.state_dict(), torch.get_rng_state()))
    assert [str(w.message).partition(":")[0] for w in said] == [f"Falls hears no more of this run after batch {0 if moment == 'begin' else 10 if moment == 'report' else 30}"]
    assert "RuntimeError, no route" in str(said[0].message)
    assert all(torch.equal(value, weights[1][0][name]) for name, value in weights[0][0].items()) and torch.equal(weights[0][1], weights[1][1])
    assert trainer.watchers == [heard] and heard.said[-2:] == [("finished", 30), "close"]


def test_what_is_no_watcher_is_refused_before_there_is_a_folder(tmp_path):
    for wrong, says in ((3, "dualntm.train.Watcher"), ("tensorbord", "did you mean tensorboard?")):
        with pytest.raises(InputError, match=says): make_trainer("copy", folder=tmp_path/"run", watchers=[wrong], **SETTINGS)
    assert not (tmp_path/"run").exists()


# the command line

@needs_tensorboard
def test_killed_and_resumed_the_curves_are_those_of_the_history(tmp_path):
    words = ("train", "--task", "copy", "--seed", 1, *SMALL, "--num-batches", 400, "--checkpoint-interval", 50, "--log", "tensorboard")
    folder = tmp_path/"checkpoints"/"copy-ntm-seed1"
    process = start(*words, cwd=tmp_path)
    wait_for(folder/"checkpoint-150.pt", process)
    process.kill()
    process.communicate()
    assert run("train", "--resume", folder, "--num-batches", 200, cwd=tmp_path).returncode == 0  # for a while without a log
    done = run("train", "--resume", folder, "--num-batches", 260, "--log", "tensorboard", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert curves_in(folder/"tensorboard") == curves_of(folder) and curves_of(folder)["cost"][-1][0] == 260
    assert len(list((folder/"tensorboard").iterdir())) == 2


@needs_tensorboard
def test_ctrl_c_names_the_log_and_a_run_in_its_place_begins_anew(tmp_path):
    words = ("train", "--task", "copy", "--seed", 1, *SMALL, "--log", f"tensorboard={tmp_path}/curves")
    folder = tmp_path/"checkpoints"/"copy-ntm-seed1"
    process = start(*words, "--checkpoint-interval", 20, cwd=tmp_path)
    wait_for(folder/"checkpoint-40.pt", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and f"--resume checkpoints/copy-ntm-seed1 --log 'tensorboard={tmp_path}/curves'".replace("'", "") in err.replace("'", "")
    assert curves_in(tmp_path/"curves"/"copy-ntm-seed1") == curves_of(folder)
    assert run(*words, "--num-batches", 30, "--overwrite", cwd=tmp_path).returncode == 0
    assert curves_in(tmp_path/"curves"/"copy-ntm-seed1") == curves_of(folder)
    assert [batch for batch, _ in curves_of(folder)["cost"]] == [10, 20, 30]


@needs_tensorboard
def test_each_of_many_seeds_has_its_own_curves(tmp_path):
    done = run("train", "--task", "copy", "--seeds", "1-2", *SMALL, "--num-batches", 20, "--log", "tensorboard=curves", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for seed in (1, 2): assert curves_in(tmp_path/"curves"/f"copy-ntm-seed{seed}") == curves_of(tmp_path/"checkpoints"/f"copy-ntm-seed{seed}")
    assert curves_in(tmp_path/"curves"/"copy-ntm-seed1")["cost"] != curves_in(tmp_path/"curves"/"copy-ntm-seed2")["cost"]


@pytest.mark.parametrize("logger, module", [("tensorboard", "torch.utils.tensorboard"), ("mlflow", "mlflow"), ("trackio", "trackio"), ("wandb", "wandb")])
def test_a_package_that_is_missing(tmp_path, monkeypatch, capsys, logger, module):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    done = typed(capsys, "train", "--task", "copy", *SMALL, "--log", logger)
    complains(done, f"the logger {logger} needs a package that is not installed", f"pip install 'dualntm[{logger}]'")
    assert not (tmp_path/"checkpoints").exists()


def test_a_logger_of_another_package(tmp_path):
    "An entry point is all that it needs."
    (tmp_path/"lines_log.py").write_text("from dualntm.train import Log\n\nclass LinesLog(Log):\n    name, module = 'lines', 'json'\n"
        "    def write(self, batch, numbers): print(batch, numbers['cost'], file=open(self.place or 'lines.txt', 'a'))\n")
    (about := tmp_path/"lines_log-1.0.dist-info").mkdir()
    (about/"METADATA").write_text("Metadata-Version: 2.1\nName: lines-log\nVersion: 1.0\nSummary: lines of text\n")
    (about/"entry_points.txt").write_text("[dualntm.loggers]\nlines = lines_log:LinesLog\n")
    def command(*words):
        paths = os.pathsep.join([str(tmp_path), *sys.path])
        return subprocess.run([sys.executable, "-m", "dualntm", *map(str, words)], cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True)
    assert "lines of text" in command("train", "--help").stdout
    done = command("train", "--task", "copy", "--seed", 1, *SMALL, "--num-batches", 20, "--log", "lines=out.txt", "lines")
    assert done.returncode == 0, done.stderr
    expected = [f"{record['batch']} {record['cost']}" for record in read_history(tmp_path/"checkpoints"/"copy-ntm-seed1")]
    assert len(expected) == 2 and (tmp_path/"out.txt").read_text().splitlines() == expected == (tmp_path/"lines.txt").read_text().splitlines()


def test_mlflow_goes_on_with_its_run(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    store = f"mlflow={tmp_path/'store'}"
    trainer = make_trainer("copy", folder=tmp_path/"run", num_batches=40, watchers=[store], **SETTINGS)
    for _ in zip(range(25), trainer.run()): pass
    trainer.save()
    trainer.close()
    resume(tmp_path/"run", watchers=[store]).fit(progress=False)
    client = mlflow.MlflowClient(str(tmp_path/"store"))
    (kept,) = client.search_runs([client.get_experiment_by_name("dualntm").experiment_id])
    assert kept.info.status == "FINISHED" and kept.data.params["task"] == "copy"
    assert {name: [(p.step, p.value) for p in client.get_metric_history(kept.info.run_id, name)] for name in kept.data.metrics} == curves_of(tmp_path/"run")


# the list of runs

def test_runs_of_every_kind(tmp_path):
    runs = tmp_path/"checkpoints"
    for seed, number in ((1, 20), (2, 20)): make_trainer("copy", seed=seed, folder=runs/f"copy-ntm-seed{seed}", num_batches=number, **SETTINGS).fit(progress=False)
    (runs/"copy-ntm-seed2"/"config.json").write_text("{")
    with pytest.raises(ArithmeticError): make_trainer("copy", seed=3, folder=runs/"copy-ntm-seed3", rmsprop_lr=1e30, **SETTINGS).fit(progress=False)
    process = start("train", "--task", "copy", "--seed", 4, *SMALL, "--checkpoint-interval", 10, cwd=tmp_path)
    wait_for(runs/"copy-ntm-seed4"/"checkpoint-10.pt", process)
    seen = [json.loads(line) for line in run("runs", "--json", cwd=tmp_path).stdout.splitlines()]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert {Path(line["folder"]).name[-1]: line["state"] for line in seen} == {"1": "finished", "2": "broken", "3": "failed", "4": "running"}
    assert [line["when"] for line in seen] == sorted((line["when"] for line in seen), reverse=True) and seen[0]["state"] == "running"
    done = run("runs", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "checkpoints/copy-ntm-seed2: broken, its config.json is no JSON" in done.stdout and "checkpoints/copy-ntm-seed3: failed, stopped at batch" in done.stdout
    line = next(json.loads(line) for line in run("runs", "checkpoints/copy-ntm-seed4", "--json", cwd=tmp_path).stdout.splitlines())
    assert line["state"] == "stopped" and (runs/"copy-ntm-seed4"/f"checkpoint-{line['batch']}.pt").exists()


def test_two_hundred_runs_need_no_pytorch(tmp_path):
    trainer = make_trainer("copy", seed=1, folder=tmp_path/"one", num_batches=20, **SETTINGS)
    trainer.fit(progress=False)
    for n in range(200):
        (place := tmp_path/"runs"/f"copy-ntm-seed{n}").mkdir(parents=True)
        for name in ("config.json", "history.jsonl"): shutil.copy(tmp_path/"one"/name, place)
        (place/"latest.pt").touch()
    script = ("import sys\nfrom dualntm.cli import main\ntry: main(['runs', 'runs', '--json'])\n"
              "except SystemExit: print(sorted({'torch', 'numpy', 'matplotlib'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    *lines, loaded = done.stdout.splitlines()
    assert (len(lines), loaded, {json.loads(line)["state"] for line in lines}) == (200, "[]", {"finished"}), done.stderr


def test_folders_that_hold_no_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path/"empty").mkdir()
    assert typed(capsys, "runs", "empty") == (0, "", "there are no runs in empty\n")
    complains(typed(capsys, "runs"), "checkpoints: there is no such folder")


def test_looking_disturbs_nobody(tmp_path):
    "A trainer that takes its folder while others look at it is not refused."
    over = threading.Event()
    def look():
        while not over.is_set(): is_held(Lock(tmp_path, "busy"))
    lookers = [threading.Thread(target=look) for _ in range(2)]
    Lock(tmp_path, "busy").take().give()
    for looker in lookers: looker.start()
    try:
        for _ in range(200):
            lock = Lock(tmp_path, "busy", wait=0).take()
            assert is_held(Lock(tmp_path, "busy"))
            lock.give()
    finally:
        over.set()
        for looker in lookers: looker.join()


# pictures, and what to do next

def test_pictures_of_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for seed in (1, 2): make_trainer("copy", seed=seed, folder=tmp_path/"runs"/f"copy-ntm-seed{seed}", num_batches=40, **SETTINGS).fit(progress=False)
    for words, name, begins in ((("runs/copy-ntm-seed1",), "one.png", b"\x89PNG"), (("runs/copy-ntm-seed1", "runs/copy-ntm-seed2/latest.pt"), "two.svg", b"<?xml"),
                                (("runs",), "seeds.pdf", b"%PDF")):
        done = typed(capsys, "plot", *words, "--out", name)
        assert done[0] == 0 and (tmp_path/name).read_bytes().startswith(begins), done
    assert done[1] == "seeds.pdf holds cost of 2 runs\n"
    text = (tmp_path/"two.svg").read_text()
    assert len(set(text)) > 20 and "copy-ntm-seed1" in text and "copy-ntm-seed2" in text
    (tmp_path/"early").mkdir()
    (tmp_path/"early"/"history.jsonl").touch()
    for words, says in ((("runs", "--out", "x.gif"), ".png, .svg or .pdf"), (("none",), "none: there is no such run"), (("early",), "no run with a record"),
                        (("runs", "--value", "accuracy"), "the histories have loss, cost"), (("runs", "--out", "no/x.png"), "can't write to no/x.png")):
        complains(typed(capsys, "plot", *words), says)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["early", "one.png", "runs", "seeds.pdf", "two.svg"]


@pytest.mark.parametrize("words, expected", [
    (("--task", "copy", *SMALL[:-2]), ["eval", "plot"]),
    (("--task", "graph-recall", "--model-type", "dual", *"-p sequence_width=6 -p batch_size=4 -p controller_size=10 -p write_interval=1 -p engine=eager".split()), ["tell", "ask"])])
def test_the_last_line_can_be_pasted(tmp_path, words, expected):
    "Both commands of it do their work."
    done = run("train", *words, "--num-batches", 2, "--seed", 1, "--checkpoint-path", "my runs", cwd=tmp_path)
    line = done.stdout.splitlines()[-1]
    assert line.startswith("next: ") and [command.split()[1] for command in line.removeprefix("next: ").split("; ")] == expected
    typed = f'dualntm() {{ "{sys.executable}" -m dualntm "$@"; }}\nset -e\n' + line.removeprefix("next: ")
    pasted = subprocess.run(["bash", "-c", typed], cwd=tmp_path, capture_output=True, text=True)
    assert pasted.returncode == 0 and "Traceback" not in pasted.stderr, pasted.stderr
    if expected[1] == "plot": assert (tmp_path/"my runs"/"copy-ntm-seed1"/"curve.png").read_bytes().startswith(b"\x89PNG")
    else: assert "wholly right" in pasted.stdout
