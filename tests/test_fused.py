"The compiled engine across processes: what compiles and what loads the cache must give the same bits."
import os, subprocess, sys

TRAIN = """
from dualntm import make_trainer
trainer = make_trainer("copy", seed=1, num_batches=40, batch_size=2)
trainer.net.prepare()
trainer.fit(progress=False)
print([record["loss"] for record in trainer.history], trainer.optimiser.flats[0].values.double().sum().item())
"""


def train(cache): return subprocess.run([sys.executable, "-c", TRAIN], env={**os.environ, "NUMBA_CACHE_DIR": str(cache)}, capture_output=True, text=True, check=True).stdout


def test_first_run_and_later_runs_agree_to_the_last_bit(tmp_path):
    first = train(tmp_path)
    assert list(tmp_path.rglob("*.nbi")), "the first run filled the cache"
    assert train(tmp_path) == first
