"The outputs that notebooks keep can be shown where no kernel runs."
import json, re
from pathlib import Path

import pytest

notebooks = sorted((Path(__file__).parent.parent/"nbs").rglob("*.ipynb"))
VIEW, STATE = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"


def lost_widgets(notebook):
    "The cells whose output shows a widget of which the notebook does not keep the state."
    kept = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    views = [(cell.get("id"), output["data"][VIEW]["model_id"]) for cell in notebook["cells"] for output in cell.get("outputs", []) if VIEW in output.get("data", {})]
    return [cell for cell, model in views if model not in kept]


@pytest.mark.parametrize("path", notebooks, ids=lambda path: path.stem)
def test_no_widget_without_state(path):
    assert lost_widgets(json.loads(path.read_text(encoding="utf-8"))) == [], "save the output without widgets: progress=False, or TQDM_DISABLE=1"


def test_a_lost_widget_is_noticed():
    cell = {"id": "here", "outputs": [{"data": {VIEW: {"model_id": "m"}}}]}
    assert lost_widgets({"metadata": {}, "cells": [cell]}) == ["here"]
    assert lost_widgets({"metadata": {"widgets": {STATE: {"state": {"m": {}}}}}, "cells": [cell]}) == []


def output_text(cell):
    "All text that a cell keeps as its output."
    return "".join("".join(output.get("text", [])) + "".join("".join(part) for kind, part in output.get("data", {}).items() if kind.startswith("text/")) for output in cell.get("outputs", []))


def lost_runs(notebook):
    "The cells that are not run as tests and keep the output of a command that failed, and all whose output names a folder of the machine."
    cells = [("".join(cell["source"]), output_text(cell)) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [source for source, text in cells if "#| eval: false" in source and "Traceback (most" in text or re.search(r"(^|[^A-Za-z0-9_.}])/(home|root|tmp|work)/", text, re.M)]


@pytest.mark.parametrize("path", notebooks, ids=lambda path: path.stem)
def test_outputs_are_of_a_run_that_worked(path):
    assert lost_runs(json.loads(path.read_text(encoding="utf-8"))) == []


def test_a_lost_run_is_noticed():
    def notebook(source, text): return {"cells": [{"cell_type": "code", "source": [source], "outputs": [{"text": [text]}]}]}
    assert lost_runs(notebook("#| eval: false\n!python a.py", "Traceback (most recent call last):")) and lost_runs(notebook("1", 'File "/ro' 'ot/a.py"'))
    assert not lost_runs(notebook("1", "and/or /rooted/"))


def test_no_measurement_is_empty():
    assert [path.name for path in (Path(__file__).parent.parent/"data").rglob("*") if path.is_file() and not path.stat().st_size] == []
