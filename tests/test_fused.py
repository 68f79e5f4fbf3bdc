"The compiled engine across processes: what compiles and what loads the cache must give the same bits, whatever became of the cache."
import os, subprocess, sys

TRAIN = """
from dualntm import make_trainer
trainer = make_trainer("copy", seed=1, num_batches=40, batch_size=2)
trainer.net.use_threads(4)
trainer.net.prepare()
trainer.fit(progress=False)
print([record["loss"] for record in trainer.history], trainer.optimiser.flats[0].values.double().sum().item())
"""


def train(cache, **env):
    "What training prints, and its warnings."
    done = subprocess.run([sys.executable, "-c", TRAIN], env={**os.environ, "NUMBA_CACHE_DIR": str(cache), **env}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "Warning" in line]


def test_first_run_and_later_runs_agree_to_the_last_bit(tmp_path):
    first, told = train(tmp_path)
    assert list(tmp_path.rglob("*.nbi")) and not told, "the first run filled the cache"
    assert train(tmp_path, NUMBA_THREADING_LAYER="tbb", NUMBA_NUM_THREADS="1") == (first, [])
    kernel, = tmp_path.rglob("episode.forward_kernel-*.nbc")
    kernel.write_bytes(kernel.read_bytes()[:-1000])
    again, told = train(tmp_path, NUMBA_THREADING_LAYER="no such layer")
    assert again == first and len(told) == 1 and "is damaged" in told[0], told
