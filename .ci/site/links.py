"""Checks that every link within the repository leads to a file that is there, and every #anchor to a heading.

Looks at the markdown of all notebooks in nbs/ and at the .md files in the top folder. Links to other sites are not followed."""
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt

markdown = MarkdownIt()


def texts(page):
    "The markdown texts of a page: the cells of a notebook, or all of an .md file."
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb": return [text]
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]


def tokens(page):
    "All pieces of a page's markdown, in their order."
    for text in texts(page):
        for token in markdown.parse(text):
            yield token
            yield from token.children or ()


def links(page):
    "All that a page links to or shows."
    for token in tokens(page):
        if token.type in ("link_open", "image"): yield token.attrs.get("href") or token.attrs.get("src") or ""
        elif token.type in ("html_block", "html_inline"): yield from re.findall(r"""(?:src|href)\s*=\s*["']([^"']*)""", token.content)


def anchors(page):
    "The anchors of a page's headings: in a notebook as Jupyter makes them, in an .md file as GitHub does."
    found, heading = [], False
    for token in tokens(page):
        if heading:
            title = "".join(part.content for part in token.children)
            if page.suffix == ".ipynb": found.append(title.replace(" ", "-"))
            else: found.append(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-"))
        heading = token.type == "heading_open"
    return {a if not (n := found[:i].count(a)) else f"{a}-{n}" for i, a in enumerate(found)}


def broken(top):
    "One sentence for each link that leads nowhere."
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = {top/name for name in subprocess.check_output(listing, cwd=top, text=True).split("\0") if name}
    places = {folder for file in files for folder in file.parents} | files
    for page in sorted(f for f in files if f.suffix == ".ipynb" and f.is_relative_to(top/"nbs") or f.suffix == ".md" and f.parent == top):
        for link in links(page):
            if re.match(r"[a-z][a-z0-9+.-]*:|//", link, re.IGNORECASE): continue
            path, _, anchor = unquote(link).partition("#")
            target = (page.parent/path).resolve() if path else page
            where = f"{page.relative_to(top)}: the link {link}"
            if target not in places or not target.exists(): yield f"{where} leads to no file of the repository"
            elif anchor and target.suffix not in (".md", ".ipynb"): yield f"{where} names a heading of something that has none"
            elif anchor and anchor not in anchors(target):
                yield f"{where} names no heading of {target.name}; it has {', '.join(sorted(anchors(target)))}"


if __name__ == "__main__":
    top = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    if found := list(broken(top)): sys.exit("\n".join(found))
    print("all links within the repository lead somewhere")
