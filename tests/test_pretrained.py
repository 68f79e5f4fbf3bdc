"Networks in folders of their own: written and read to the last bit, found by name, and refused in one sentence."
import json, shutil
from pathlib import Path

import pytest
import torch
from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError
from safetensors.torch import load_file

import dualntm.train.checkpoints as checkpoints
from dualntm import CopyTask, DualMemoryNTM, GraphRecallTask, InputError, load, make_trainer, Network, NTM
from dualntm.cli import main
from dualntm.train import Card, card, evaluate, figures_at, keep_pretrained, keep_run, pretrained_names, read_checkpoint
from processes import complains

SIZES = dict(memory_n=12, memory_m=6, controller_size=10, engine="eager")


def made(model_type, dtype=torch.float32):
    "A task and a fresh network for it."
    torch.manual_seed(1)
    task, kind = (CopyTask(sequence_max_len=3), NTM) if model_type == "ntm" else (GraphRecallTask(), DualMemoryNTM)
    return task, kind.for_task(task, **SIZES).to(dtype)


def same(one, other):
    mine, theirs = one.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(mine[name].dtype == theirs[name].dtype and torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    "A run of copy that has learned little, started by a command with a place of a machine in it."
    folder = tmp_path_factory.mktemp("runs")/"copy-ntm-seed7"
    make_trainer("copy", seed=7, folder=folder, num_batches=40, report_interval=20, sequence_max_len=3, command=f"dualntm train --seed 7 --checkpoint-path {folder.parent}",
                 **SIZES).fit(progress=False)
    return folder


@pytest.fixture
def package(run, tmp_path, monkeypatch):
    "A package with two networks: copy in safetensors, and older in the form of `keep_run`; the working folder is an empty one."
    monkeypatch.setattr(checkpoints, "PRETRAINED", tmp_path/"package")
    keep_pretrained(run, tmp_path/"package"/"copy")
    keep_run(run, tmp_path/"package"/"older")
    (tmp_path/"here").mkdir()
    monkeypatch.chdir(tmp_path/"here")
    return tmp_path/"package"


@pytest.fixture
def typed(capsys):
    "A command as it would be typed: exit code, stdout and stderr."
    def run(*words):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended: main(list(words))
        return ended.value.code or 0, *capsys.readouterr()
    return run


@pytest.mark.parametrize("model_type", ["ntm", "dual"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_to_the_last_bit(model_type, dtype, tmp_path):
    task, net = made(model_type, dtype)
    net.save_pretrained(tmp_path/"net", task=task)
    again, (known, loaded), any_class = type(net).from_pretrained(tmp_path/"net"), load(tmp_path/"net"), Network.from_pretrained(str(tmp_path/"net"))
    assert known == task and not again.training
    for other in (again, loaded, any_class):
        assert type(other) is type(net) and other.settings == net.settings and same(net, other)
    batch = task.batch(3, torch.Generator().manual_seed(2))
    batch = type(batch)(*(t.to(dtype) for t in batch))
    with torch.no_grad(): assert torch.equal(task.answer(net.eval(), batch), task.answer(again, batch))
    config = json.loads((tmp_path/"net"/"config.json").read_text())
    assert config["architectures"] == [type(net).__name__] and config["model_type"] == model_type
    assert load_file(tmp_path/"net"/"model.safetensors").keys() == net.state_dict().keys()  # other programs read it too


def test_half(tmp_path):
    task, net = made("ntm")
    for half in (False, True): net.save_pretrained(tmp_path/str(half), task=task, half=half)
    again = NTM.from_pretrained(tmp_path/"True")
    assert again.own_weight().dtype == torch.float32 and not same(net, again)
    for name, t in net.state_dict().items(): torch.testing.assert_close(again.state_dict()[name], t, rtol=1e-3, atol=1e-4)
    small, large = ((tmp_path/name/"model.safetensors").stat().st_size for name in ("True", "False"))
    assert small < .7 * large


def test_without_a_task(tmp_path):
    task, net = made("ntm")
    net.save_pretrained(tmp_path/"net")
    assert same(net, NTM.from_pretrained(tmp_path/"net")) and (tmp_path/"net"/"README.md").is_file()
    with pytest.raises(InputError, match="without its task"): load(tmp_path/"net")
    with pytest.raises(InputError, match="save it with task="): made("dual")[1].save_pretrained(tmp_path/"dual")
    assert not (tmp_path/"dual").exists()


def test_settings_on_the_way(tmp_path):
    task, net = made("ntm")
    net.save_pretrained(tmp_path/"net", task=task)
    assert NTM.from_pretrained(tmp_path/"net", engine="auto").settings["engine"] == "auto"
    for wrong, says in ((dict(enigne="eager"), "did you mean engine"), (dict(memory_m=7), "do not fit"), (dict(device="gpu9"), "device=gpu9")):
        with pytest.raises(InputError, match=says): NTM.from_pretrained(tmp_path/"net", **wrong)


def test_another_class(tmp_path):
    for name in ("ntm", "dual"): made(name)[1].save_pretrained(tmp_path/name, task=made(name)[0])
    with pytest.raises(InputError, match="the class DualMemoryNTM .*, not NTM: write DualMemoryNTM.from_pretrained"): NTM.from_pretrained(tmp_path/"dual")
    with pytest.raises(InputError, match="the class NTM .*, not DualMemoryNTM: write NTM.from_pretrained"): DualMemoryNTM.from_pretrained(tmp_path/"ntm")
    with pytest.raises(InputError, match="the class ReaderNTM .*, not NTM"): NTM.from_pretrained("everyday")


def test_a_class_without_a_name(tmp_path):
    class Mine(NTM): pass
    with pytest.raises(InputError, match="stands for another class than Mine"): Mine.for_task(CopyTask(), **SIZES).save_pretrained(tmp_path/"net", task=CopyTask())
    assert not (tmp_path/"net").exists()


def test_a_run_is_not_written_over(run, tmp_path):
    before = {path: path.read_bytes() for path in run.iterdir()}
    with pytest.raises(InputError, match="holds a run"): made("ntm")[1].save_pretrained(run, task=CopyTask())
    assert {path: path.read_bytes() for path in run.iterdir()} == before
    task, net = made("ntm")
    for _ in range(2): net.save_pretrained(tmp_path/"twice", task=task)
    (tmp_path/"file").write_text("")
    with pytest.raises(InputError, match="can't write to"): net.save_pretrained(tmp_path/"file", task=task)


def test_names_of_the_package(package, run, typed):
    assert pretrained_names() == ["copy", "older"]
    theirs = load(run)[1]
    for name in ("copy", "pretrained:copy", "older", "pretrained:older"):
        assert same(load(name)[1], theirs) and same(NTM.from_pretrained(name), theirs)
    code, out, err = typed("eval", "--checkpoint", "pretrained:copy", "--length", "2", "--sequences", "5", "--json")
    assert code == 0 and json.loads(out)["bit_error"] == evaluate(*load(run), sequences=5, length=2)["bit_error"]
    assert typed("eval", "--checkpoint", "copy", "--length", "2", "--sequences", "5", "--json")[1] == out
    assert card("copy").seed == 7
    with pytest.raises(InputError, match="card of pretrained:older can't be read"): card("older")


def test_a_folder_here_wins(package, run):
    task, net = made("ntm")
    net.save_pretrained("copy", task=task)
    assert same(load("copy")[1], net) and same(NTM.from_pretrained("copy"), net) and same(load("pretrained:copy")[1], load(run)[1])
    shutil.rmtree("copy")
    Path("copy").mkdir()
    for read in (load, NTM.from_pretrained):
        with pytest.raises(InputError, match="did you mean pretrained:copy"): read("copy")


def test_wrong_names(package, typed, monkeypatch):
    for name in ("pretrained:kopie", "kopie"):
        complains(typed("eval", "--checkpoint", name), "kopie", "copy, older")
        with pytest.raises(InputError, match="copy, older"): NTM.from_pretrained(name)
    complains(typed("eval", "--checkpoint", "pretrained:../copy"), "copy, older")
    complains(typed("train", "--resume", "pretrained:copy"), "holds only weights")
    monkeypatch.setattr(checkpoints, "PRETRAINED", package/"none")
    complains(typed("eval", "--checkpoint", "pretrained:copy"), "there is none")


def spoil(folder, how):
    "Break a network's folder in one way."
    weights, config = folder/"model.safetensors", folder/"config.json"
    about = json.loads(config.read_text())
    match how:
        case "no weights": weights.unlink()
        case "no config": config.unlink()
        case "cut": weights.write_bytes(weights.read_bytes()[:-100])
        case "text": weights.write_text("these are no weights")
        case "empty": weights.write_bytes(b"")
        case "pickle": torch.save({"a": torch.zeros(2)}, weights)
        case "config cut": config.write_text(config.read_text()[:40])
        case "list": config.write_text("[]")
        case "foreign": config.write_text(json.dumps({"model_type": "bert", "architectures": ["BertModel"]}))
        case "task": config.write_text(json.dumps({**about, "task": "kopie"}))
        case "sizes": config.write_text(json.dumps({**about, "model_parameters": {**about["model_parameters"], "memory_n": 13}}))
        case "setting": config.write_text(json.dumps({**about, "model_parameters": {**about["model_parameters"], "memory_k": 13}}))
        case "bytes": config.write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize("how, says", {"no weights": "config.json but no model.safetensors", "no config": "has no config.json beside it", "cut": "is no file of safetensors, or is cut short",
                                       "text": "is no file of safetensors", "empty": "is no file of safetensors", "pickle": "is no file of safetensors", "config cut": "is no JSON",
                                       "bytes": "is no JSON", "list": "describes no network of dualntm", "foreign": "describes no network of dualntm", "task": "'kopie' is not known here",
                                       "sizes": "do not fit", "setting": "memory_k"}.items())
def test_broken_folders(how, says, tmp_path, typed):
    task, net = made("ntm")
    net.save_pretrained(tmp_path/"net", task=task)
    spoil(tmp_path/"net", how)
    complains(typed("eval", "--checkpoint", str(tmp_path/"net")), says)
    with pytest.raises(InputError, match=says): NTM.from_pretrained(tmp_path/"net")


def test_a_writing_that_is_cut_short_leaves_no_network(tmp_path, monkeypatch):
    task, net = made("ntm")
    net.save_pretrained(tmp_path/"net", task=task)
    import dualntm.train.pretrained as pretrained
    whole = pretrained.write_atomically
    def full(path, write):
        if path.name == "model.safetensors": raise OSError(28, "No space left on device")
        whole(path, write)
    monkeypatch.setattr(pretrained, "write_atomically", full)
    with pytest.raises(InputError, match="No space left on device"): net.save_pretrained(tmp_path/"net", task=task)
    with pytest.raises(InputError, match="written last"): load(tmp_path/"net")


def test_from_a_run(run, tmp_path):
    made_card = keep_pretrained(run, tmp_path/"kept")
    task, net = load(tmp_path/"kept")
    assert task == load(run)[0] and same(net, load(run)[1])
    config = read_checkpoint(tmp_path/"kept")["config"]
    assert config["seed"] == made_card.seed == 7 and config["training"]["num_batches"] == 40
    assert made_card.command == f"dualntm train --seed 7 --checkpoint-path {run.parent.name}"
    assert list(made_card.trained_on.values()) == [{"sequences": 40}] and made_card.measured["training, the last record"]["cost"] > 0
    texts = "".join((tmp_path/"kept"/name).read_text() for name in ("config.json", "card.json", "README.md"))
    assert str(run.parent.parent) not in texts and str(tmp_path) not in texts
    measured = figures_at(task, net, [{"length": 3}], sequences=5)
    given = keep_pretrained(run, tmp_path/"given", Card(measured=measured, good="Little.", licence="mit"), half=True)
    assert given.measured == measured == {"copy, length=3": {"sequences": 5, "seed": 0, **{name: value for name, value in measured["copy, length=3"].items() if name not in ("sequences", "seed")}}}
    readme = (tmp_path/"given"/"README.md").read_text()
    assert readme.startswith('---\nlicense: "mit"\n')
    for words in ("copy, length=3: sequences 5", "Little.", "--seed 7", "seed: 7", "sequences 40"): assert words in readme, words
    with pytest.raises(InputError, match="no field mesured; did you mean measured"): keep_pretrained(run, tmp_path/"wrong", {"mesured": {}})
    with pytest.raises(InputError, match="there is no checkpoint"): keep_pretrained(tmp_path/"nowhere", tmp_path/"wrong")
    assert not (tmp_path/"wrong").exists()


def test_the_hub(tmp_path, monkeypatch):
    task, net = made("ntm")
    net.save_pretrained(tmp_path/"there", task=task)
    asked = []
    def download(repo, file, **options):
        asked.append((repo, file, options["revision"], options["local_files_only"]))
        return str(tmp_path/"there"/file)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    assert same(NTM.from_pretrained("owner/name", revision="v1"), net)
    assert asked == [("owner/name", file, "v1", False) for file in ("config.json", "model.safetensors")]
    asked.clear()
    for name in ("owner/name", "checkpoints/typo"):
        with pytest.raises(InputError, match="there is no checkpoint"): load(name)  # a path that is mistyped asks no server
    assert not asked


@pytest.mark.parametrize("error, says", [(lambda: LocalEntryNotFoundError("no connection"), "can't be reached"), (lambda: OSError(28, "No space left on device"), "does not give it"),
                                         (lambda: HFValidationError("odd"), "neither a folder here nor a network"), (lambda: EntryNotFoundError("404"), "without a config.json"),
                                         (lambda: RepositoryNotFoundError.__new__(RepositoryNotFoundError, "404"), "neither a folder here nor a network")])
def test_a_hub_that_does_not_give_it(error, says, monkeypatch):
    def download(*words, **options): raise error()  # one whose __init__ wants the server's response is made without
    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    with pytest.raises(InputError) as raised: NTM.from_pretrained("owner/name")
    assert says in str(raised.value) and "owner/name" in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("name", [name for name in pretrained_names() if name != "everyday"])
def test_a_card_says_what_its_network_does(name):
    "The first figure of the card, measured again; the network is small, of its own task, and read by its class, too."
    task, net = load(name)
    said = next(iter(card(name).measured.values()))
    size = dict(part.split("=") for part in next(iter(card(name).measured)).split(", ")[1:])
    found = evaluate(task, net, said["sequences"], said["seed"], **{key: int(value) for key, value in size.items()})
    assert task.name == name and found["cost"] == pytest.approx(said["cost"], abs=max(.1, .1 * said["cost"]))
    assert same(type(net).from_pretrained(name), net)
    assert (checkpoints.pretrained_folder(name)/"model.safetensors").stat().st_size < 1.1e6


def test_the_packaged_copy_network_copies_a_thousand():
    task, net = load("copy")
    assert evaluate(task, net.with_memory(1100), 2, length=1000)["bit_error"] == 0


def test_the_packaged_repeat_copy_network_needs_room():
    "It writes every copy anew: right within training, wrong at 200 vectors in 128 cells, and nearly right in 256."
    task, net = load("repeat-copy")
    assert evaluate(task, net, 20, length=10, repeats=10)["copies"] < .5
    assert evaluate(task, net, 10, length=20, repeats=10)["copies"] > 20 > 5 > evaluate(task, net.with_memory(256), 10, length=20, repeats=10)["copies"]
