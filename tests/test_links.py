"The link checker of the documentation site: it must find what is broken, and nothing else."
import json
import runpy
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
LINKS = runpy.run_path(str(TOP/".ci/site/links.py"))


@pytest.fixture
def repository(tmp_path):
    "A small repository without a broken link."
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for name, text in {"README.md": "# Two words: `code`\n[a](nbs/a.ipynb#A-Heading) [up](#two-words-code) ![p](images/p.png) [d](nbs)\n",
                       "images/p.png": "", ".gitignore": "ignored.md\n", "ignored.md": "[x](nowhere)",
                       "nbs/a.ipynb": [("markdown", "# A Heading\n[r](../README.md) [w](https://example.org/nowhere) `[c](nowhere)`"),
                                       ("code", "[x](nowhere)")]}.items():
        path = tmp_path/name
        path.parent.mkdir(exist_ok=True)
        if not isinstance(text, str): text = json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in text]})
        path.write_text(text)
    return tmp_path


def test_whole(repository): assert list(LINKS["broken"](repository)) == []


@pytest.mark.parametrize("old, new, said", [
    ("nbs/a.ipynb#", "nbs/b.ipynb#", "nbs/b.ipynb#A-Heading leads to no file"),
    ("#A-Heading", "#a-heading", "names no heading of a.ipynb; it has A-Heading"),
    ("#two-words-code", "#two-words", "names no heading of README.md"), ("images/p.png", "images/P.png", "images/P.png leads to no file"),
    ("](nbs)", "](../nbs)", "leads to no file"), ("](nbs)", "](ignored.md)", "ignored.md leads to no file"),
    ("](nbs)", "](images/p.png#x)", "has none"),
    ("![p](images/p.png)", '<img src="images/q.png">', "images/q.png leads to no file")])
def test_broken(repository, old, new, said):
    readme = repository/"README.md"
    assert old in readme.read_text()
    readme.write_text(readme.read_text().replace(old, new))
    (found,) = LINKS["broken"](repository)
    assert found.startswith("README.md: the link ") and said in found


def test_this_repository(): assert list(LINKS["broken"](TOP)) == []
