"Writes README.md from nbs/index.ipynb, with links that work from the top folder."
import re
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

top = Path(__file__).parent.parent
nb = nbformat.read(top/"nbs/index.ipynb", as_version=4)
nb.cells = [cell for cell in nb.cells if not cell.source.startswith("#| hide")]
for cell in nb.cells: cell.source = re.sub(r"^#\|.*\n", "", cell.source, flags=re.M)
text, _ = MarkdownExporter().from_notebook_node(nb)
text = text.replace("](../", "](").replace("](experiments/", "](nbs/experiments/")
text = re.sub(r"\]\((\d\d_\w+\.ipynb)", r"](nbs/\1", text)
(top/"README.md").write_text(text.strip() + "\n", encoding="utf-8")
