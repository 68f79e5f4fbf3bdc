"The command line as a process, for the tests."
import subprocess, sys, time


def command(*words): return [sys.executable, "-m", "dualntm", *map(str, words)]


def run(*words, cwd=None): return subprocess.run(command(*words), capture_output=True, text=True, cwd=cwd, timeout=300)


def start(*words, cwd): return subprocess.Popen(command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)


def wait_for(path, process):
    "Wait until `path` exists; fail if the process ends first."
    while not path.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


def complains(done, *says):
    "Assert that a command, of which `done` is (exit code, stdout, stderr), refused its input in one sentence with these words."
    code, out, err = done
    assert (code, out) == (2, "") and err.startswith("dualntm: error: ") and err.count("\n") == 1 and "Traceback" not in err, done
    for words in says: assert words in err, err
