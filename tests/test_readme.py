"README shows what users look for; the quick start in Chinese gives its commands, letter for letter."
import re
from pathlib import Path

TOP = Path(__file__).parent.parent


def commands(text):
    "The commands in the shell blocks of a text, without comments and line breaks."
    for block in re.findall(r"```bash\n(.*?)```", text, re.S):
        for line in block.replace("\\\n", " ").splitlines():
            command = " ".join(re.sub(r"(^|\s)#.*", "", line).split())
            if command: yield command


def test_commands_are_the_same():
    chinese, english = (list(commands((TOP/name).read_text(encoding="utf-8"))) for name in ("README.zh.md", "README.md"))
    assert len(chinese) > 10 and sum("dualntm" in command for command in chinese) > 8
    assert [command for command in chinese if command not in english] == []


def test_a_difference_is_found():
    assert list(commands("```bash\na  b \\\n  c   # why\n# only this\n```\ntext\n```bash\nd#e\n```")) == ["a b c", "d#e"]


def test_readme_names_what_users_look_for():
    text = (TOP/"README.md").read_text(encoding="utf-8")
    for name in ("export_entailment_graph_json", "](images/ntm.png)", "--write"): assert name in text, name
    assert (TOP/"images/ntm.png").exists()
    first = next(commands(text))
    assert first == "pip install torch --index-url https://download.pytorch.org/whl/cpu", "the line for the CPU stands before the one that brings CUDA"


def test_times_are_told_as_work():
    "A minute here is seven on another machine: texts say how much there is to do, and the bars say how fast it goes."
    for name in ("README.md", "README.zh.md"):
        text = (TOP/name).read_text(encoding="utf-8")
        assert not re.findall(r"about a minute|a minute or two|on (?:an|one) idle core|some 20 seconds|大约一分钟|约 20 秒", text), name
