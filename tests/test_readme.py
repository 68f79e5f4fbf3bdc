"README is a short front door that shows what users look for; its manual says the rest; the quick start in Chinese gives their commands."
import json
import re
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
MANUAL = sorted((TOP/"nbs"/"manual").glob("*.ipynb"))


def prose(page):
    "The markdown of a page: the cells of a notebook, or all of an .md file."
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md": return text
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")


def commands(text):
    "The commands in the shell blocks of a text, without comments and line breaks."
    for block in re.findall(r"```bash\n(.*?)```", text, re.S):
        for line in block.replace("\\\n", " ").splitlines():
            command = " ".join(re.sub(r"(^|\s)#.*", "", line).split())
            if command: yield command


def test_commands_are_the_same():
    chinese = list(commands(prose(TOP/"README.zh.md")))
    english = {command for page in (TOP/"README.md", *MANUAL) for command in commands(prose(page))}
    assert len(chinese) > 10 and sum("dualntm" in command for command in chinese) > 8
    assert [command for command in chinese if command not in english] == []


def test_a_difference_is_found():
    assert list(commands("```bash\na  b \\\n  c   # why\n# only this\n```\ntext\n```bash\nd#e\n```")) == ["a b c", "d#e"]


def test_readme_names_what_users_look_for():
    text = prose(TOP/"README.md")
    for name in ("export_entailment_graph_json", "](images/ntm.png)", "Docker", "Desktop", "中文", "pip install -e '.[dev]' && nbdev_test && pytest"):
        assert name in text, name
    assert (TOP/"images/ntm.png").exists()
    assert "--write" in prose(TOP/"nbs/manual/01_commands.ipynb")
    first = next(commands(text))
    assert first == "pip install torch --index-url https://download.pytorch.org/whl/cpu", "the line for the CPU stands before the one that brings CUDA"


def test_readme_is_short():
    assert len(prose(TOP/"README.md").split()) <= 1000, "README is a front door: put more into a page of nbs/manual"


def test_readme_leads_to_every_page_of_the_manual():
    assert len(MANUAL) >= 5
    for name in ("README.md", "README.zh.md"):
        text = prose(TOP/name)
        assert [page.name for page in MANUAL if f"](nbs/manual/{page.name})" not in text] == [], name


@pytest.mark.parametrize("page", MANUAL, ids=lambda page: page.stem)
def test_pages_of_the_manual_lead_to_one_another(page):
    text = prose(page)
    assert [other.name for other in MANUAL if other != page and f"]({other.name})" not in text] == []
    assert "](../index.ipynb)" in text


@pytest.mark.parametrize("page", [TOP/"README.md", TOP/"README.zh.md", *MANUAL], ids=lambda page: page.stem)
def test_times_are_told_as_work(page):
    "A minute here is seven on another machine: texts say how much there is to do, and the bars say how fast it goes."
    assert not re.findall(r"about a minute|a minute or two|on (?:an|one) idle core|some 20 seconds|大约一分钟|约 20 秒", prose(page))


def test_the_tables_are_of_the_kept_judgements():
    "The tables are saved outputs: when kept runs are replaced, the pages must be run again."
    runs, shown = TOP/"data"/"cdcl-nli-runs", {}
    for name in ("index", "manual/05_results"):
        cells = json.loads((TOP/"nbs"/f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        shown[name] = "\n".join("".join(out.get("data", {}).get("text/markdown", "")) for cell in cells for out in cell.get("outputs", []))
    for kind in ("gates", "dual", "dual-distractors", "ntm"):
        f1 = {run.name[4:]: json.loads((run/"eval-test.json").read_text())["macro_f1"] for run in (runs/kind).iterdir()}
        assert [seed for seed, value in f1.items() if f"| {seed} | {value:.3f} |" not in shown["manual/05_results"]] == [], kind
        span = " to ".join(dict.fromkeys(f"{value:.3f}" for value in (min(f1.values()), max(f1.values()))))
        if kind in ("gates", "ntm"): assert f"macro-F1 {span} |" in shown["index"], kind
