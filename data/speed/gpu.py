"""Training batches on a GPU, beside the compiled engine on one core of the same machine.

python data/speed/gpu.py [--out FILE] [MODEL ...] appends rows of gpu.jsonl: milliseconds a batch of copy with 20 vectors, the median
of TURNS turns; cuda is the eager engine on the GPU, cpu the compiled one on a core, eager the eager one on a core."""
import argparse, json, statistics, time
from datetime import date
from pathlib import Path

import torch
from dualntm.train import make_trainer

TURNS, BATCHES, SIZES = 5, 4, (1, 16, 64, 256)
LENGTH = {"sequence_min_len": 20, "sequence_max_len": 20}
parser = argparse.ArgumentParser()
parser.add_argument("--out", default=str(Path(__file__).with_suffix(".jsonl")))
parser.add_argument("models", nargs="*", default=["ntm", "dual", "dnc", "lstm"])
options = parser.parse_args()


def turn(trainer):
    "Milliseconds a batch."
    if trainer.device != "cpu": torch.cuda.synchronize()
    begun = time.perf_counter()
    for _ in range(BATCHES): trainer.train_batch()
    if trainer.device != "cpu": torch.cuda.synchronize()
    return 1000 * (time.perf_counter() - begun) / BATCHES


for model in options.models:
    for size in SIZES:
        places = {"cuda": ("cuda", {}), "cpu": ("cpu", {}), **({"eager": ("cpu", {"engine": "eager"})} if model in ("ntm", "dual") and size <= 16 else {})}
        trainers = {name: make_trainer("copy", model, seed=1, device=device, batch_size=size, num_batches=10**6, **LENGTH, **more)
                    for name, (device, more) in places.items()}
        for trainer in trainers.values(): turn(trainer)  # compiled, and warm
        took = {name: [] for name in trainers}
        for _ in range(TURNS):
            for name, trainer in trainers.items(): took[name].append(turn(trainer))
        row = {"model": model, "batch_size": size, **{f"{name}_ms": round(statistics.median(times), 2) for name, times in took.items()},
               "device": torch.cuda.get_device_name(), "torch": torch.__version__, "date": date.today().isoformat(), "command": "python data/speed/gpu.py"}
        print(row, flush=True)
        with open(options.out, "a", encoding="utf-8") as file: file.write(json.dumps(row) + "\n")
