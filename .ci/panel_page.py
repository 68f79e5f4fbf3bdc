"Start `dualntm panel` on the run in this folder, fetch its page as a browser would, and see that its cell showed the panels."
import signal, subprocess, sys, urllib.request

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and so would the page
words = [sys.executable, "-m", "dualntm", "panel", "--no-browser", "--checkpoint", "checkpoints/copy-ntm-seed1000"]
with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as panel:
    try:
        said = panel.stdout.readline()
        assert said.startswith("the panels are at "), f"the panel did not say where it is, but {said!r}"
        address = said.split()[-1]
        page = urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(address, timeout=300).read().decode()
    finally: panel.send_signal(signal.SIGINT)
assert "application/vnd.jupyter.widget-view+json" in page and "Traceback" not in page, page[-3000:]
print("the panels are shown")
