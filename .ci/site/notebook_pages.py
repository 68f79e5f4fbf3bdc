"A Sphinx extension: shows a notebook as it is meant to be read, without nbdev's directives."
import json, re


def anchor(title):
    "The anchor that Jupyter gives a heading; links in the notebooks use it."
    return title.strip().replace(" ", "-")


def without_directives(cell):
    "A code cell without its `#|` lines; what these hide is hidden here too."
    lines = "".join(cell["source"]).splitlines(keepends=True)
    said = {line[2:].strip() for line in lines if line.startswith("#|")}
    cell["source"] = "".join(line for line in lines if not line.startswith("#|"))
    tags = {"hide": "remove-cell", "hide_input": "remove-input", "hide_output": "remove-output"}
    cell["metadata"]["tags"] = [tag for word, tag in tags.items() if word in said]
    if not cell["source"].strip(): cell["metadata"]["tags"] = ["remove-cell"]


def with_downloads(text):
    "Texts at the top of the repository, such as the changelog, are no pages of the site: it has them as files."
    return re.sub(r"\[([^\]]+)\]\((\.\./[\w.]+\.md)\)", r"{download}`\1 <\2>`", text)


def read_source(app, page, source):
    "Called by Sphinx with the text of each page, in a list of one."
    if not app.env.doc2path(page).endswith(".ipynb"): return
    notebook = json.loads(source[0])
    notebook["metadata"]["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}  # knows lines that begin with !
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code": without_directives(cell)
        else: cell["source"] = with_downloads("".join(cell["source"]))
    source[0] = json.dumps(notebook)


def setup(app):
    app.connect("source-read", read_source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
