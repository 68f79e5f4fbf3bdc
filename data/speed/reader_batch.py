"""Processor time of a training batch of the reader, appended to reader_batch.jsonl.

python data/speed/reader_batch.py --engine eager|fused --label WORDS   (in a checkout; to compare two, run each in turns)"""
import argparse, json, os, statistics, subprocess, time
from datetime import datetime, timezone
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
import torch
from dualntm.text.cdcl_nli import CDCLNLITask
from dualntm.text.reader import ReaderNTM
from dualntm.train.optimiser import make_optimiser
from dualntm.train.plan import planned

parser = argparse.ArgumentParser()
for flag, usual in (("--engine", "fused"), ("--label", ""), ("--out", str(Path(__file__).with_suffix(".jsonl")))): parser.add_argument(flag, default=usual)
parser.add_argument("--batches", type=int, default=20)
options = parser.parse_args()

torch.set_num_threads(1)
torch.manual_seed(1)
task = CDCLNLITask("data/cdcl-nli", fraction=0.1)
net = ReaderNTM.for_task(task, engine=options.engine)
task.equip(net), task.begin(net), net.train()
optimiser, marks = make_optimiser(task.parameter_groups(net), planned(task)), []
for number in range(options.batches + 3):
    at = [time.process_time()]
    batch = task.draw(number, 32, None, 1); at.append(time.process_time())
    optimiser.zero_grad()
    answer, _ = task.session(net, batch); at.append(time.process_time())
    task.score(answer, batch).loss.backward(); at.append(time.process_time())
    optimiser.clip(5.); optimiser.step(); at.append(time.process_time())
    if number >= 3: marks.append([1000 * (b - a) for a, b in zip(at, at[1:])])
commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
row = {"commit": commit, "label": options.label, "engine": options.engine, "batch_size": 32, "seed": 1, "batches": options.batches, "unit": "ms of processor time, median",
       **{name: round(statistics.median(some), 2) for name, some in zip(("draw", "forward", "backward", "step"), zip(*marks))},
       "total": round(statistics.median(map(sum, marks)), 1), "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
       "command": f"python data/speed/reader_batch.py --engine {options.engine}"}
with open(options.out, "a", encoding="utf-8") as file: file.write(json.dumps(row, separators=(",", ":")) + "\n")
print(row)
