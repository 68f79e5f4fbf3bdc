"A run's folder in other people's hands: two writers, signals, a power cut at any point."
import json, os, shutil, signal, subprocess, sys, time, warnings
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from processes import command, start, wait_for

from dualntm import register
from dualntm.errors import InputError
from dualntm.ntm import NTM
from dualntm.registry import forget
from dualntm.train import CopyTask
from dualntm.train import has_checkpoint, load, make_trainer, read_checkpoint, read_history, resume

SMALL = "-p sequence_width=3 -p sequence_max_len=3 -p memory_n=8 -p memory_m=6 -p controller_size=24 --report-interval 10 --seed 1".split()
RUN = "checkpoints/copy-ntm-seed1"
TINY = dict(sequence_width=5, sequence_max_len=3, short_term_n=6, short_term_m=4, controller_size=10, long_term_nodes=8, long_term_dim=4,
            engine="eager", write_interval=1, report_interval=3, num_batches=14, checkpoint_interval=6)


ENDLESS = ("--num-batches", 10 ** 6, "--checkpoint-interval", 20)


@pytest.fixture(autouse=True)
def one_thread():
    "Small networks are slow where several threads wait for each other, on a busy machine above all."
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def stop(process, number=signal.SIGTERM):
    "End a process by a signal; its exit code and what it complained of."
    process.send_signal(number)
    complaint = process.communicate(timeout=300)[1]
    assert "Traceback" not in complaint, complaint
    return process.returncode, complaint


def whole_history(folder):
    "Whether a history has every tenth batch up to the checkpoint, each once; the checkpoint's batch."
    batch = read_checkpoint(folder)["batch"]
    assert [record["batch"] for record in read_history(folder)] == list(range(10, batch + 1, 10))
    return batch


def test_two_of_one_run_at_once(tmp_path):
    "Exactly one trains, whether the run is begun or gone on with; the other says one sentence and changes nothing."
    for words in ((*SMALL, *ENDLESS), ("--resume", RUN)):
        processes = [start("train", *words, cwd=tmp_path) for _ in range(2)]
        while all(process.poll() is None for process in processes): time.sleep(.05)
        refused, other = sorted(processes, key=lambda process: process.poll() is None)
        complaint = refused.communicate()[1]
        assert refused.returncode == 2 and complaint.count("dualntm: error:") == 1 and "Traceback" not in complaint, complaint
        assert "is being trained by another process or panel" in complaint
        before = max([0, *(int(path.stem[11:]) for path in (tmp_path/RUN).glob("checkpoint-*.pt"))])
        wait_for(tmp_path/RUN/f"checkpoint-{before // 20 * 20 + 40}.pt", other)
        assert stop(other)[0] == 143
        assert whole_history(tmp_path/RUN) > before


def test_a_killed_process_keeps_no_lock(tmp_path):
    process = start("train", *SMALL, *ENDLESS, cwd=tmp_path)
    wait_for(tmp_path/RUN/"checkpoint-20.pt", process)
    for refused in (resume, lambda folder: make_trainer("copy", folder=folder, overwrite=True, memory_n=8, engine="eager")):
        with pytest.raises(InputError, match="is being trained by another process"): refused(tmp_path/RUN)
    load(tmp_path/RUN)  # reading needs no lock
    process.kill()
    process.communicate()
    with warnings.catch_warnings(action="ignore"): resume(tmp_path/RUN).close()


def test_sigterm_at_some_moments(tmp_path):
    "Wherever SIGTERM comes, the folder can be begun or gone on with, and no record is lost that a checkpoint knows of."
    for moment in (None, "history.jsonl", "latest.pt"):
        folder = tmp_path/str(moment)/RUN
        folder.parent.parent.mkdir(parents=True)
        process = start("train", *SMALL, *ENDLESS, cwd=folder.parent.parent)
        if moment: wait_for(folder/moment, process)
        code, complaint = stop(process)
        assert code == 143 or moment is None and code == -signal.SIGTERM
        if moment == "latest.pt": assert f"stopped after batch {whole_history(folder)} of" in complaint
        if has_checkpoint(folder): resume(folder, num_batches=whole_history(folder) + 2).fit(progress=False)
        else: make_trainer("copy", folder=folder, memory_n=8, controller_size=10, engine="eager", num_batches=2).fit(progress=False)


def test_an_ignored_ctrl_c_stays_ignored(tmp_path):
    "A job in the background of a shell ignores SIGINT; SIGTERM still saves it."
    ignored = [sys.executable, "-c", "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"]
    process = subprocess.Popen([*ignored, *command("train", *SMALL, *ENDLESS)], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(tmp_path/RUN/"checkpoint-20.pt", process)
    process.send_signal(signal.SIGINT)
    wait_for(tmp_path/RUN/f"checkpoint-{read_checkpoint(tmp_path/RUN)['batch'] + 40}.pt", process)
    assert stop(process)[0] == 143
    assert whole_history(tmp_path/RUN) == max(int(path.stem[11:]) for path in (tmp_path/RUN).glob("checkpoint-*.pt"))


class Cuts:
    """Copies of a folder as a power cut would leave it, at every point where something is forced to the disk, renamed, linked or removed.

    What was written to the history and not yet forced to the disk is lost in one copy, and half of it is there in another."""
    def __init__(self, folder, copies, monkeypatch):
        self.folder, self.copies, self.count, self.safe = folder, copies, 0, 0
        for name in ("fsync", "replace", "link", "unlink", "truncate"): self.watch(name, monkeypatch)

    def watch(self, name, monkeypatch):
        original = getattr(os, name)
        def watched(*args, **kwargs):
            self.copy()
            done = original(*args, **kwargs)
            if name == "fsync" and os.path.samestat(os.fstat(args[0]), self.stat()): self.safe = os.fstat(args[0]).st_size
            return done
        monkeypatch.setattr(os, name, watched)

    def stat(self):
        path = self.folder/"history.jsonl"
        return path.stat() if path.exists() else os.stat(self.folder)

    def copy(self):
        "Keep the folder as it is now, twice: without the part of the history that is not safe, and with half of it."
        if not (self.folder/"history.jsonl").exists(): return
        size = self.stat().st_size
        latest = read_checkpoint(self.folder)["batch"] if has_checkpoint(self.folder) else 0
        for left in {min(self.safe, size), (min(self.safe, size) + size) // 2}:
            self.count += 1
            copy = self.copies/f"{self.count:04}"
            shutil.copytree(self.folder, copy, copy_function=os_copy)
            with open(copy/"history.jsonl", "rb+") as f: f.truncate(left)
            (copy/"stood-at").write_text(str(latest))


def os_copy(source, target): Path(target).write_bytes(Path(source).read_bytes())


@dataclass(frozen=True)
class Tried(CopyTask):
    "A task with epochs of two batches, whose third epoch is the best on dev."
    name, of_rows, rows, measure = "tried", True, range(4), "good"
    training = {"num_epochs": 4, "batch_size": 2, "checkpoint_interval": 0}
    def draw(self, step, size, generator, seed): return self.batch(size, torch.Generator().manual_seed(step))
    def validate(self, net): return {"good": -abs(float(net.trained) - 6)}


class Counting(NTM):
    "Knows how many batches it was trained on."
    def __init__(self, *sizes, **settings):
        super().__init__(*sizes, **settings)
        self.register_buffer("trained", torch.zeros(()))
    def forward(self, *given):
        if self.training: self.trained += 1
        return super().forward(*given)


def begin(kind, folder):
    if kind == "graph": return make_trainer("copy", "dual", seed=1, folder=folder, **{**TINY, "num_batches": 8, "checkpoint_interval": 3, "report_interval": 2})
    return make_trainer("tried", seed=1, folder=folder, sequence_width=3, sequence_max_len=3, memory_n=8, memory_m=6, controller_size=10, engine="eager")


@pytest.mark.parametrize("kind", ["graph", "epochs"])
def test_a_power_cut_at_every_point(tmp_path, monkeypatch, request, kind):
    "From whatever is on the disk the run goes on from its newest checkpoint, with all records that this knows of, and ends as if nothing had been."
    register("task", "tried", Tried)
    request.addfinalizer(lambda: forget("task", "tried"))
    monkeypatch.setattr(Tried, "models", {"ntm": Counting}, raising=False)
    whole = begin(kind, tmp_path/"whole")
    whole.fit(progress=False)
    (tmp_path/"copies").mkdir()
    with monkeypatch.context() as patched:
        trainer = begin(kind, tmp_path/"cut")
        cuts = Cuts(tmp_path/"cut", tmp_path/"copies", patched)
        trainer.fit(progress=False)
    copies = sorted((tmp_path/"copies").iterdir())
    reached = [int((copy/"stood-at").read_text()) for copy in copies]
    assert reached == sorted(reached) and reached[-1] == 8 and len(set(reached)) > 3 and len(copies) > 30
    for copy, stood in zip(copies, reached):
        if not has_checkpoint(copy):
            with warnings.catch_warnings(action="ignore"): begin(kind, copy).close()
            continue
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            again = resume(copy)
        assert again.batch == stood and not [w for w in said if "records after" not in str(w.message)], (copy, [str(w.message) for w in said])
        again.fit(progress=False)
        assert [r["batch"] for r in read_history(copy)] == [r["batch"] for r in whole.history]
        for name, p in whole.net.state_dict().items(): assert torch.equal(p, again.net.state_dict()[name]), (copy, name)
        assert not list(copy.glob(".*.part"))
        if kind == "graph": assert (copy/"graph.json").read_bytes() == (tmp_path/"whole"/"graph.json").read_bytes()
        else: assert again.best == whole.best and load(copy)[1].trained == whole.best["batch"] == 6


@pytest.mark.parametrize("interval", [0, 6])
def test_kept_files_belong_together(tmp_path, interval, monkeypatch):
    "A graph that belongs to a checkpoint without a name of its own goes with it; every checkpoint that is there finds its graph."
    trainer = make_trainer("copy", "dual", seed=1, folder=tmp_path/"run", **{**TINY, "checkpoint_interval": interval})
    for score in trainer.run():
        if trainer.batch % 4 == 0: trainer.save(keep=False)
        checkpoints = [torch.load(path, weights_only=True) for path in (tmp_path/"run").glob("*.pt")]
        graphs = {path.name for path in (tmp_path/"run").glob("graph-*.npz")}
        assert {content["memory"]["file"] for content in checkpoints} == graphs
    resume(tmp_path/"run").fit(progress=False)


def test_a_disk_that_can_not_be_written(tmp_path, monkeypatch):
    "What only reads works without a lock; what writes says one sentence."
    trainer = make_trainer("copy", seed=1, folder=tmp_path/"run", engine="eager", memory_n=8, controller_size=10, num_batches=2)
    trainer.fit(progress=False)
    (tmp_path/"run"/".lock").unlink()
    def refuse(path, flags, *args, **kwargs):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and str(path).startswith(str(tmp_path)): raise OSError(30, "Read-only file system", str(path))
        return opened(path, flags, *args, **kwargs)
    opened = os.open
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        load(tmp_path/"run")
        with pytest.raises(InputError, match="can't write to .*run.*: Read-only file system"): resume(tmp_path/"run", num_batches=4)
    assert not (tmp_path/"run"/".lock").exists()
    resume(tmp_path/"run", num_batches=4).fit(progress=False)


def test_settings_of_any_kind_of_number(tmp_path):
    "A sweep in NumPy's types is kept, read, and gone on with."
    import numpy as np
    values = dict(rmsprop_lr=np.logspace(-4, -3, 3)[1], num_batches=np.int64(3), batch_size=torch.tensor(2), memory_n=np.int32(8),
                  controller_size=np.float64(10), heads=np.str_("rw"), engine="eager")
    make_trainer("copy", seed=np.int64(3), folder=np.str_(tmp_path/"run"), dtype=torch.float64, device=torch.device("cpu"), **values).fit(progress=False)
    assert load(tmp_path/"run")[1].settings["memory_n"] == 8
    assert resume(tmp_path/"run", num_batches=np.int64(4)).fit(progress=False)
    config = json.loads((tmp_path/"run"/"config.json").read_text())
    assert config == read_checkpoint(tmp_path/"run")["config"] and config["seed"] == 3
    with pytest.raises(InputError, match="rmsprop_lr="): make_trainer("copy", folder=tmp_path/"other", rmsprop_lr=object())
    assert not (tmp_path/"other").exists()


def test_runs_of_the_former_version(tmp_path):
    "A checkpoint without what is new in them is gone on with."
    make_trainer("copy", "dual", seed=1, folder=tmp_path/"run", **TINY).fit(progress=False)
    path = tmp_path/"run"/"latest.pt"
    content = torch.load(path, weights_only=True)
    del content["passing"]
    content["config"]["long_term_memory"] = {"backend": "memory"}
    torch.save(content, path)
    resume(tmp_path/"run", num_batches=16).fit(progress=False)
    assert [record["batch"] for record in read_history(tmp_path/"run")] == [3, 6, 9, 12, 14, 15, 16]


def test_many_seeds_are_the_runs_that_they_would_be_alone(tmp_path, monkeypatch):
    "Side by side, stopped and gone on with: each run is, to the last bit, the one of its seed alone."
    words = [sys.executable, "-m", "dualntm", "train", "--task", "copy", "-p", "engine=eager", "--report-interval", "5"]
    done = subprocess.run([*words, "--seeds", "1-2", "7", "--num-batches", "10"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["seed", "1", "2", "7", "cost:", "learned:", "learned"]  # the last says what learned means
    for refused, sentence in ((("--num-batches", "20"), "already holds a run"), (("--resume", "-p", "memory_n=64"), "was trained with memory_n=128")):
        done = subprocess.run([*words, "--seeds", "1-2", *refused], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 2 and sentence in done.stderr, done.stderr
    (tmp_path/"checkpoints"/"copy-ntm-seed2"/"latest.pt").unlink()  # half-written: it begins anew, and its records are kept
    for path in (tmp_path/"checkpoints"/"copy-ntm-seed2").glob("checkpoint-*.pt"): path.unlink()
    done = subprocess.run([*words, "--seeds", "1-2", "--num-batches", "20", "--resume"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path/"checkpoints"/"copy-ntm-seed2"/"history-before.jsonl").exists()
    subprocess.run([*words, "--seed", "2", "--num-batches", "20", "--checkpoint-path", "alone"], cwd=tmp_path, check=True, capture_output=True)
    here, alone = (torch.load(tmp_path/place/"copy-ntm-seed2"/"latest.pt", weights_only=True)["net"] for place in ("checkpoints", "alone"))
    assert all(torch.equal(here[name], alone[name]) for name in alone)


def test_seeds_that_cannot_be(tmp_path):
    for given, sentence in ((("1", "1"), "names 1 twice"), (("2-1",), "write 1-2"), (("x",), "write whole numbers"), (("1", "--seed", "2"), "leave one out"),
                            (("1", "--jobs", "0"), "jobs")):
        done = subprocess.run([sys.executable, "-m", "dualntm", "train", "--seeds", *given], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not (tmp_path/"checkpoints").exists()


def test_ctrl_c_twice_leaves_no_seed_in_training(tmp_path):
    "All seeds are stopped and saved, although the signal comes again while that is done."
    process = start("train", *SMALL[:-2], *ENDLESS, "--seeds", "1-2", "--jobs", 2, cwd=tmp_path)
    folders = [tmp_path/"checkpoints"/f"copy-ntm-seed{seed}" for seed in (1, 2)]
    for folder in folders: wait_for(folder/"latest.pt", process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130 and "2 of 2 seeds saved" in err and "--resume" in err, err
    for folder in folders: resume(folder).close()  # nobody else has it


def test_seeds_that_were_to_be_replaced_are_not_gone_on_with(tmp_path):
    "Stopped while the first of two earlier runs is replaced: the second is as it was, and the sentence does not offer to go on with it."
    short = ("train", *SMALL[:-2], "--checkpoint-interval", 20, "--num-batches", 40, "--seeds", "1-2")
    assert subprocess.run(command(*short), cwd=tmp_path, capture_output=True).returncode == 0
    first, second = (tmp_path/"checkpoints"/f"copy-ntm-seed{seed}" for seed in (1, 2))
    earlier, kept = (first/"config.json").read_bytes(), {path.name: path.read_bytes() for path in second.glob("*.pt")}
    process = start("train", *SMALL[:-2], *ENDLESS, "--seeds", "1-2", "--jobs", 1, "--overwrite", cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not ((first/"config.json").exists() and (first/"config.json").read_bytes() != earlier and (first/"latest.pt").exists()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130 and "1 of 2 seeds saved" in err and "--seeds 1 --resume" in err and "the earlier runs of seeds 2 are as they were" in err, err
    assert kept == {path.name: path.read_bytes() for path in second.glob("*.pt")}
