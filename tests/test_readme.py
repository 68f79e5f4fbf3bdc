"The quick start in Chinese gives the commands of README.md, letter for letter."
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
