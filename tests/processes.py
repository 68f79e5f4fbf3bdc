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
