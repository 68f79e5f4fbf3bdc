"Writes README.md from nbs/index.ipynb, with links that work from the top folder."
import re
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

top = Path(__file__).parent.parent
nb = nbformat.read(top/"nbs/index.ipynb", as_version=4)
nb.cells = [cell for cell in nb.cells if not cell.source.startswith("#| hide\n")]
for i, cell in enumerate(nb.cells):  # a cell that only makes a table: the table is enough
    if cell.source.startswith("#| hide_input"):
        nb.cells[i] = nbformat.v4.new_markdown_cell("".join(output.data["text/markdown"] for output in cell.outputs))
text, _ = MarkdownExporter().from_notebook_node(nb)
text = re.sub(r"\]\(((?:\w+/)?\w+\.ipynb)", r"](nbs/\1", text.replace("](../", "]("))
(top/"README.md").write_text(text.strip() + "\n", encoding="utf-8")
