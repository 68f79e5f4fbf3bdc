"The paper's five tasks and its settings: targets against a restatement in plain Python, presets and bad input through the command line."
import json, math
from pathlib import Path
from collections import defaultdict

import pytest
import torch
from torch import Generator

from dualntm.cli import main
from dualntm.errors import InputError
from dualntm.registry import find, forget, register
from dualntm.train.ngrams import draw_by_tables, draw_tables
from dualntm.train import bayes_optimum, check_settings, CopyTask, evaluate, excess, load, make_trainer, Preset, read_checkpoint, resume, settings

NEW = {"associative-recall": {"items": 2}, "ngrams": {"length": 6}, "priority-sort": {"items": 2}}  # and a small size
PAPER = ("copy", "repeat-copy", *NEW)
TINY = "-p memory_n=8 -p memory_m=6 -p controller_size=10 -p engine=eager -p heads=rw --num-batches 3 --checkpoint-interval 2 --report-interval 1 --seed 1".split()


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def dualntm(tmp_path, monkeypatch, capsys):
    "Run a command in a folder of its own; its exit code, and what it prints and complains of."
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    def run(*words):
        with pytest.raises(SystemExit) as ended: main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return ended.value.code or 0, out, err
    return run


def refused(found):
    "The sentence of a command that was refused."
    code, out, err = found
    assert code == 2 and err.count("error:") == 1 and err.strip().count("\n") == 0, found
    return err


def batches(task, **size): return [task.batch(3, Generator().manual_seed(seed), **size) for seed in range(20)]
def rows(tensor, index): return [[round(x, 6) for x in row] for row in tensor[:, index].tolist()]


def answers_of_recall(inputs):
    "All answers that a sequence allows: the item after each that equals the asked one. Read channel by channel, like a listener who knows the marks."
    items, asked, into = [], [], None
    for step in inputs[:-3]:
        if step[7]: into = asked
        elif step[6] and into is asked: break  # the question is over
        elif step[6]: items.append([]); into = items[-1]
        else: into.append(step[:6])
    assert inputs[-3:] == [[0] * 8] * 3 and all(len(item) == 3 for item in [*items, asked])
    return [after for item, after in zip(items, items[1:]) if item == asked], len(items)


def test_recall_answers_with_the_next_item():
    seen = set()
    for batch in batches(find("task", "associative-recall")()):
        for index in range(3):
            allowed, items = answers_of_recall(rows(batch.inputs, index))
            assert rows(batch.targets, index) in allowed
            seen.add(items)
        assert batch.inputs.unique().tolist() == [0, 1] and len(batch.inputs) == 4 * items + 8
    assert min(seen) == 2 and max(seen) == 6
    assert answers_of_recall(rows(find("task", "associative-recall")().batch(1, Generator(), items=20).inputs, 0))[1] == 20


def test_recall_asks_for_any_item_but_the_last():
    task, asked = find("task", "associative-recall")(), []
    batch = task.batch(3000, Generator().manual_seed(0), items=4)
    items = batch.inputs[:16].unflatten(0, (4, 4))[:, 1:, :, :6]
    for index in range(3000): asked.append(next(place for place in range(4) if torch.equal(items[place, :, index], batch.inputs[17:20, index, :6])))
    counts = [asked.count(place) for place in range(4)]
    assert counts[3] == 0 and all(880 < count < 1120 for count in counts[:3])  # 1,000 expected, standard deviation 26


def test_sort_puts_whole_vectors_in_order():
    for batch in [*batches(find("task", "priority-sort")()), *batches(find("task", "priority-sort")(), items=7)]:
        for index in range(3):
            answered = len(batch.targets)
            given, silent = rows(batch.inputs, index)[:-answered], rows(batch.inputs, index)[-answered:]
            assert answered == {20: 16, 7: 5}[len(given)] and not any(map(any, silent))
            assert all(-1 <= step[8] <= 1 for step in given)
            assert rows(batch.targets, index) == [step[:8] for step in sorted(given, key=lambda step: -step[8])][:answered]


def optimum_in_words(bits):
    "Bits that the best guess pays, counted with a table of Python's."
    counts, cost = defaultdict(lambda: [0, 0]), 0.
    for step, bit in enumerate(bits):
        if step < 5: cost += 1; continue
        seen = counts[tuple(bits[step - 5:step])]
        cost -= math.log2((seen[bit] + .5) / (sum(seen) + 1))
        seen[bit] += 1
    return cost


def test_ngrams_ask_for_the_next_bit_and_know_the_best_price():
    for batch in [*batches(find("task", "ngrams")()), *batches(find("task", "ngrams")(), length=4)]:
        best = bayes_optimum(batch)
        for index in range(3):
            bits = [int(x) for [x] in rows(batch.targets, index)]
            assert [x for [x] in rows(batch.inputs, index)] == [0, *bits[:-1]] and set(bits) <= {0, 1}
            assert best[index].item() == pytest.approx(optimum_in_words(bits), abs=1e-9)


def test_ngrams_are_drawn_by_a_table():
    "Where two contexts of one sequence are the same, what follows is one coin; between sequences the coins differ, by Beta(1/2, 1/2)."
    tables = draw_tables(400, 5, Generator().manual_seed(0))
    bits = draw_by_tables(tables, 400, Generator().manual_seed(1)).long()
    ones, expected, variance = 0., 0., 0.
    for index in range(400):
        row = bits[:, index].tolist()
        for step in range(5, 400):
            odds = float(tables[index, int("".join(map(str, row[step - 5:step])), 2)])
            ones, expected, variance = ones + row[step] * (odds > .5), expected + odds * (odds > .5), variance + odds * (1 - odds) * (odds > .5)
    assert abs(ones - expected) < 4 * math.sqrt(variance)
    assert abs(bits[:5].float().mean() - .5) < .05
    assert abs(tables.mean() - .5) < .02 and abs(tables.var() - 1 / 8) < .005  # of Beta(1/2, 1/2)


@pytest.mark.parametrize("name", NEW)
def test_the_form_of_a_task(name):
    "As the trainer, the panels and the graph memory ask for it; the same generator draws the same batch."
    task = find("task", name)()
    one, same = (task.batch(2, Generator().manual_seed(7)) for _ in range(2))
    assert all(map(torch.equal, one, same)) and one.inputs.shape[2] == task.inputs and one.targets.shape[2] == task.outputs
    assert all(task.describe(one, step, 1) for step in range(len(one.inputs)))
    for size in (*task.probes, task.shown, NEW[name]):
        assert set(size) <= set(task.sizes)
        answer = torch.zeros(*task.batch(2, Generator(), **size).inputs.shape[:2], task.outputs)
        batch = task.batch(2, Generator(), **size)
        assert float(task.score(answer, batch).bits) == pytest.approx(task.by_chance(batch).bits, rel=1e-5)
    assert 0 < task.propositions <= task.inputs and task.texts(one)(0, 0).strip("01") == ""


@pytest.mark.parametrize("name", NEW)
def test_a_tiny_run_by_command_line(dualntm, name):
    "It trains, goes on, is evaluated, and both engines have the same loss; a dual network learns it too."
    assert dualntm("train", "--task", name, *TINY)[0] == 0
    folder = f"checkpoints/{name}-ntm-seed1"
    assert dualntm("train", "--resume", folder, "--num-batches", 4)[0] == 0 and read_checkpoint(folder)["batch"] == 4
    code, out, err = dualntm("eval", "--checkpoint", folder, "--sequences", 2, "--json")
    assert code == 0 and [{size: row[size] for size in find("task", name).sizes} for row in map(json.loads, out.splitlines())] == list(find("task", name).probes)
    losses = [make_trainer(name, seed=1, memory_n=8, controller_size=10, engine=engine, num_batches=1).train_batch().loss for engine in ("eager", "fused")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert dualntm("train", "--task", name, "--model-type", "dual", *TINY, "--num-batches", 3)[0] == 0


@pytest.mark.parametrize("name", PAPER)
def test_presets_set_what_they_say(name):
    "In make_trainer, in groups, and beneath what stands beside them; an LSTM without a memory is only named."
    presets = find("task", name).presets
    steady = ["steady"] if name == "copy" else []
    assert list(presets) == ["paper-ff", "paper-lstm", "paper-alone", *steady] and [p.model_type for p in presets.values()][:3] == ["ntm", "ntm", "lstm"]
    for preset in ("paper-ff", "paper-lstm"):
        config = make_trainer(name, preset=preset, engine="eager", memory_m=4).config()
        have = {**config["model_parameters"], **config["training"]}
        assert {**presets[preset].values, "memory_m": 4} == {word: have[word] for word in presets[preset].values}
        assert "preset" not in have and have["heads"].count("r") == have["heads"].count("w")


def test_the_table_of_the_paper():
    "Heads, sizes and rates as the paper prints them."
    table = {"copy": ((1, 100, 1, 1e-4), (1, 100, 1, 1e-4), (256, 3e-5)), "repeat-copy": ((1, 100, 1, 1e-4), (1, 100, 1, 1e-4), (512, 3e-5)),
             "associative-recall": ((4, 256, 1, 1e-4), (1, 100, 1, 1e-4), (256, 1e-4)), "ngrams": ((1, 100, 1, 3e-5), (1, 100, 1, 3e-5), (128, 1e-4)),
             "priority-sort": ((8, 512, 1, 3e-5), (5, 100, 2, 3e-5), (128, 3e-5))}
    for name, expected in table.items():
        ff, lstm, alone = (preset.values for preset in [*find("task", name).presets.values()][:3])
        for values in (ff, lstm): assert (values["memory_n"], values["memory_m"]) == (128, 20)
        for values in (ff, lstm, alone): assert (values["batch_size"], values["optimiser"], values["rmsprop_momentum"]) == (1, "graves", .9)
        found = [(v["heads"].count("r"), v["controller_size"], v["controller_layers"], v["rmsprop_lr"]) for v in (ff, lstm)]
        assert (*found, (alone["controller_size"], alone["rmsprop_lr"])) == expected and alone["controller_layers"] == 3
        assert (ff["controller"], lstm["controller"]) == ("feedforward", "lstm")


def test_presets_through_the_command_line(dualntm):
    code, out, err = dualntm("train", "--task", "associative-recall", "-p", "preset=paper-ff", "-p", "heads=rrw", "--dry-run")
    config = json.loads(out[:out.index("\n\nsettings for")])
    assert code == 0 and (config["model_parameters"]["heads"], config["model_parameters"]["controller_size"], config["training"]["rmsprop_lr"]) == ("rrw", 256, 1e-4)
    assert "preset=paper-ff" in out and "preset=paper-alone" not in out
    for words, says in ((("--task", "copy", "-p", "preset=paper"), "preset=paper: there is no such preset; copy has paper-ff (--model-type ntm), paper-lstm"),
                        (("--task", "graph-recall", "--model-type", "dual", "-p", "preset=paper-ff"), "the task graph-recall has no presets"),
                        (("--task", "copy", "--model-type", "dual", "-p", "preset=paper-ff"), "it is for --model-type ntm, not dual; copy has"),
                        (("--task", "ngrams", "-p", "preset=paper-alone"), "it is for --model-type lstm, not ntm; ngrams has"),
                        (("--task", "copy", "-p", "preset=paper-ff", "-p", "preset=paper-lstm"), "preset is given twice"),
                        (("--task", "copy", "-p", "presets=paper-ff"), "did you mean preset?"), (("--task", "copy", "-p", "preset="), "there is no such preset"),
                        (("--task", "associative-recall", "-p", "items_min=1"), "items_min=1: it must be at least 2"),
                        (("--task", "associative-recall", "-p", "items_min=7"), "it must not be over items_max=6"),
                        (("--task", "associative-recall", "-p", "item_len=0"), "item_len=0"), (("--task", "ngrams", "-p", "context=40"), "context=40: it must be at most 16"),
                        (("--task", "ngrams", "-p", "sequence_len=0"), "sequence_len=0"), (("--task", "priority-sort", "-p", "sort_answered=21"), "from 1 to sort_items=20"),
                        (("--task", "priority-sort", "-p", "sort_items=many"), "a whole number")):
        assert says in refused(dualntm("train", *words, "--dry-run")), words


def test_a_run_by_preset_goes_on(dualntm):
    "With the preset, without it, and not with another."
    begun = ("train", "--task", "ngrams", "--seed", 1)
    few = ("-p", "sequence_len=8", "-p", "memory_n=8", "-p", "engine=eager")
    assert dualntm(*begun, "-p", "preset=paper-ff", *few, "--num-batches", 2)[0] == 0
    kept = json.loads(Path("checkpoints/ngrams-ntm-seed1/config.json").read_text())
    assert kept["training"]["rmsprop_lr"] == 3e-5 and kept["model_parameters"]["controller"] == "feedforward" and "preset" not in str(kept["training"])
    assert dualntm(*begun, "-p", "preset=paper-ff", *few, "--resume", "--num-batches", 3)[0] == 0
    assert dualntm(*begun, "--resume", "--num-batches", 4)[0] == 0 and read_checkpoint("checkpoints/ngrams-ntm-seed1")["batch"] == 4
    for words, says in ((("-p", "preset=paper-lstm", *few), "was trained with controller=feedforward, not lstm: leave preset=paper-lstm out"),
                        (("-p", "preset=paper-ff"), "was trained with memory_n=8, not 128: leave preset=paper-ff out"), (("-p", "preset=x"), "no such preset")):
        assert says in refused(dualntm(*begun, *words, "--resume", "--num-batches", 5)), words


def test_sizes_that_can_not_be(dualntm):
    for name in NEW: assert dualntm("train", "--task", name, *TINY)[0] == 0
    for name, words, says in (("associative-recall", ("--size", "items=1"), "items=1: it must be at least 2"), ("associative-recall", ("--length", 3), "associative-recall has no length, only items"),
                              ("ngrams", ("--size", "items=3"), "ngrams has no items, only length"), ("ngrams", ("--length", 0), "--length 0"),
                              ("priority-sort", ("--size", "items=0"), "items"), ("priority-sort", ("--repeats", 2), "priority-sort has no repeats, only items")):
        assert says in refused(dualntm("eval", "--checkpoint", f"checkpoints/{name}-ntm-seed1", *words)), words


def test_eval_pools_the_excess_over_parts(dualntm):
    "More sequences than are evaluated at once have the mean and the error of all."
    assert dualntm("train", "--task", "ngrams", *TINY)[0] == 0
    folder = "checkpoints/ngrams-ntm-seed1"
    words = ("eval", "--checkpoint", folder, "--sequences", 70, "--length", 40)
    row, whole = json.loads(dualntm(*words, "--json")[1]), evaluate(*load(folder), 70, length=40)
    for name in ("bits", "optimum", "optimum_error", "excess", "excess_error"): assert row[name] == pytest.approx(whole[name], rel=1e-3), name
    assert row["excess"] == pytest.approx(row["bits"] - row["optimum"], rel=1e-4)
    out = dualntm(*words)[1]
    assert "excess" in out and "±" in out
    found = excess(*load(folder), 70, length=40)
    assert (found.excess, found.error) == (whole["excess"], whole["excess_error"])


def test_presets_of_other_packages():
    "A task with one preset, for a model that is not here, can still be looked at; asking for it says what is missing."
    class Other(CopyTask): name, presets = "other", {"large": Preset("ntm", {"memory_n": 9}, "more"), "far": Preset("not-here", {"x": 1})}
    register("task", "other", Other)
    try:
        assert check_settings("other", "ntm", preset="large")["model"] == {"memory_n": 9}
        assert set(settings("other", "ntm").presets) == {"large", "far"}
        with pytest.raises(InputError, match="far .--model-type not-here."): check_settings("other", "ntm", preset="none")
        with pytest.raises(InputError, match="it is for --model-type not-here"): check_settings("other", "ntm", preset="far")
    finally: forget("task", "other")


def test_a_steady_run_may_be_extended(tmp_path):
    "A run of 6 batches that is extended to 12 is, to the last bit, the run of 12; with a rate that falls it is not."
    def weights(batches, *then, **settings):
        folder = tmp_path/"-".join(map(str, (batches, *then, settings))).replace("/", "")
        make_trainer("copy", seed=1, folder=folder, **{**tiny, **settings}, num_batches=batches).fit(progress=False)
        for more in then: resume(folder, **more).fit(progress=False)
        return torch.cat([p.detach().flatten() for p in load(folder)[1].parameters()])
    tiny = dict(preset="steady", memory_n=8, memory_m=6, controller_size=10, engine="eager", sequence_max_len=4, report_interval=3,
                clip_over=.5, clip_least=1e-6)  # so that the usual norm, which a checkpoint keeps, matters
    assert torch.equal(weights(6, {"num_batches": 12}), weights(12))
    assert not torch.equal(weights(6, {"num_batches": 12}, decay_from=.6), weights(12, decay_from=.6))
    falling = {"num_batches": 12, "decay_from": .5}  # the rate of a run that was constant so far may be told to fall
    assert torch.equal(weights(6, falling), weights(12, decay_from=.5)) and not torch.equal(weights(6, falling, rmsprop_lr=2e-4), weights(12, rmsprop_lr=2e-4))


def test_the_usual_norm_follows():
    "It follows what is let through."
    trainer = make_trainer("copy", seed=1, preset="steady", clip_least=1e-6, clip_over=.5, num_batches=6, memory_n=8, controller_size=10, engine="eager")
    norms = []
    for _ in trainer.run(): norms.append(trainer.optimiser.param_groups[0]["usual"])
    assert norms[0] > norms[1] > norms[5] > .9 * norms[0]  # half of the usual norm is let through, so that it falls by a two-hundredth


def test_centred_bits_are_unlike_silence():
    for name, marks in (("copy", 1), ("repeat-copy", 2)):
        plain, centred = (find("task", name)(centred=c).batch(3, Generator().manual_seed(4), length=5) for c in (False, True))
        assert torch.equal(plain.targets, centred.targets) and torch.equal(plain.inputs[5:], centred.inputs[5:])
        assert centred.inputs[:5, :, :-marks].abs().unique().tolist() == [.5] and torch.equal(centred.inputs[:5, :, :-marks] + .5, plain.inputs[:5, :, :-marks])
        assert find("task", name)(centred=True).texts(centred)(2, 1) == find("task", name)().texts(plain)(2, 1)


def test_copies_and_count_are_told_apart():
    "Wrong bits of the vectors, and sequences whose end marker is wrong, also where outputs cover the input."
    task = find("task", "repeat-copy")()
    batch = task.batch(4, Generator().manual_seed(1), length=3, repeats=2)
    right = torch.cat([torch.full((4, 4, 9), 7.), 2 * batch.targets - 1])  # all that comes out while the input does counts for nothing
    right[-1, 1, -1], right[5, 2, -1], right[6, 3, 4] = -1, 1, -right[6, 3, 4]
    found = task.extra_measures(right, batch)
    assert [found[name].tolist() for name in ("copies", "ends")] == [[0, 0, 0, 1], [0, 100, 100, 0]]
    row = evaluate(task, make_trainer("repeat-copy", memory_n=8, controller_size=5).net, 4, length=3, repeats=2)
    assert 0 <= row["copies"] <= 48 and row["copies_error"] >= 0 and 0 <= row["ends"] <= 100
