"The cache of compiled kernels when its files are broken, its disk is full or others use it; and a process that has no compiler."
import errno, importlib.util, os, pickle, shutil, subprocess, sys, warnings
from pathlib import Path

import numba
import pytest
from numba.core import caching

from dualntm.ntm import kernels

MODULE = """
from dualntm.ntm import jit

@jit()
def double(x): return x + x

answer = [double(21), double(.5)]
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    "A call that runs a module with one compiled function as a new process would: how many of its two kernels came from the cache, and the warnings."
    path = tmp_path/"small.py"
    path.write_text(MODULE)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")  # so that the cache lies beside the module

    def run():
        monkeypatch.setattr(kernels, "_warned", set())
        spec = importlib.util.spec_from_file_location("small", path)
        module = importlib.util.module_from_spec(spec)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            spec.loader.exec_module(module)
        assert module.answer == [42, 1.]
        return sum(module.double.stats.cache_hits.values()), [str(w.message) for w in told]

    run.files = lambda ending: sorted((tmp_path/"__pycache__").glob(f"small.double*.{ending}"))
    return run


def assert_mended(run):
    "The next process warns once and compiles; the one after it loads."
    hits, told = run()
    assert hits < 2 and len(told) == 1 and "is damaged" in told[0] and "\n" not in told[0], (hits, told)
    assert run() == (2, [])


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("part", [0, .001, .01, .1, .3, .5, .7, .9, .99, .999])
def test_a_file_cut_anywhere_is_compiled_anew_and_replaced(run, ending, part):
    assert run() == (0, []) and run() == (2, [])
    file = run.files(ending)[0]
    whole = file.read_bytes()
    file.write_bytes(whole[:int(part * len(whole))])
    assert_mended(run)


@pytest.mark.parametrize("part", [.05, .3, .6, .9])
def test_a_page_of_zeros_in_the_code_is_found_before_it_is_loaded(run, part):
    run()
    file = run.files("nbc")[-1]
    whole = bytearray(file.read_bytes())
    start = int(part * len(whole))
    whole[start:start + 512] = bytes(len(whole[start:start + 512]))
    file.write_bytes(whole)
    assert_mended(run)


def test_code_for_other_types_is_not_taken(run):
    run()
    a, b = run.files("nbc")
    text = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(text)
    hits, told = run()
    assert hits == 0 and len(told) == 1 and "other types" in told[0]
    assert run() == (2, [])


def test_the_cache_of_another_version_is_passed_over_in_silence(run):
    run()
    index, = run.files("nbi")
    index.write_bytes(pickle.dumps("0.1") + b"of another kind")
    assert run() == (0, []) and run() == (2, [])


def test_a_full_disk_is_said_once(run, monkeypatch):
    def full(self, path): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(caching.IndexDataCacheFile, "_open_for_write", full)
    for _ in range(2):
        hits, told = run()
        assert hits == 0 and len(told) == 1 and "can't be written" in told[0] and "No space left" in told[0], told


def test_a_damaged_file_on_a_full_disk_stops_nothing(run, monkeypatch):
    run()
    for file in run.files("nb?"): file.write_bytes(file.read_bytes()[:-1])
    def full(self, path): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(caching.IndexDataCacheFile, "_open_for_write", full)
    hits, told = run()
    assert hits == 0 and ["is damaged" in w for w in told] == [True, False] and "can't be written" in told[1] and "No space" in told[1], told


def test_a_folder_that_vanishes_is_said_once(run, tmp_path, monkeypatch):
    before = kernels.KeptKernels.load_overload
    def gone(self, sig, context):
        shutil.rmtree(tmp_path/"__pycache__", ignore_errors=True)
        (tmp_path/"__pycache__").touch()
        return before(self, sig, context)
    monkeypatch.setattr(kernels.KeptKernels, "load_overload", gone)
    hits, told = run()
    assert hits == 0 and "can't be written" in told[-1] and len(told) <= 2, told


def test_no_folder_at_all_is_said_once(run, monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    hits, told = run()
    assert hits == 0 and len(told) == 1 and "NUMBA_CACHE_DIR" in told[0], told


def start(path, **env):
    return subprocess.Popen([sys.executable, "-c", "import small; print(small.answer, sum(small.double.stats.cache_hits.values()))"], cwd=path.parent,
                            env=os.environ | env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_processes_that_compile_at_once_and_one_of_another_cpu(tmp_path):
    path, cache = tmp_path/"small.py", str(tmp_path/"cache")
    path.write_text(MODULE)
    for process in [start(path, NUMBA_CACHE_DIR=cache) for _ in range(2)]:
        out, err = process.communicate()
        assert out.startswith("[42, 1.0]") and "Error" not in err, err
    for env, hits in (({}, 2), ({"NUMBA_CPU_NAME": "generic"}, 0)):
        out, err = start(path, NUMBA_CACHE_DIR=cache, **env).communicate()
        assert out == f"[42, 1.0] {hits}\n" and "Warning" not in err, err


def test_a_real_disk_that_is_full(tmp_path):
    if not hasattr(os, "geteuid") or os.geteuid() or not shutil.which("unshare"): pytest.skip("needs root, to mount a small disk")
    (tmp_path/"small.py").write_text(MODULE)
    (tmp_path/"disk").mkdir()
    script = "mount -t tmpfs -o size=16k tmpfs disk || exit 99; head -c 12000 /dev/zero > disk/fill; NUMBA_CACHE_DIR=$PWD/disk exec \"$0\" -c 'import small; print(small.answer)'"
    done = subprocess.run(["unshare", "-m", "bash", "-c", script, sys.executable], cwd=tmp_path, capture_output=True, text=True)
    if done.returncode == 99 or "unshare" in done.stderr: pytest.skip("no disk can be mounted here")
    told = [line for line in done.stderr.splitlines() if "Warning" in line]
    assert done.stdout == "[42, 1.0]\n" and len(told) == 1 and "can't be written" in told[0], done.stderr


def test_without_numba_the_eager_engine_computes(tmp_path):
    (tmp_path/"numba.py").write_text("raise ImportError('Numba needs NumPy 1.0 or less')\n")
    program = """
import torch
from dualntm import NTM
for _ in range(2):
    net = NTM(5, 3)
    net.use_threads(1); net.prepare()
    net(torch.zeros(3, 2, 5))[0].sum().backward()
    print(net.is_ready(), net.engine_on("cpu"))
try: NTM(5, 3, engine="fused").engine_on("cpu")
except ValueError as e: print(e)
"""
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(kernels.__file__).parents[2])])},
                          capture_output=True, text=True)
    why = "can't be used, since its compiler can't be loaded (Numba needs NumPy 1.0 or less)"
    assert done.stdout.splitlines() == ["True eager"] * 2 + [f"engine=fused {why}: use engine=auto or engine=eager"], done
    told = [line for line in done.stderr.splitlines() if "Warning" in line]
    assert len(told) == 1 and f"the fused engine {why}" in told[0], done.stderr
