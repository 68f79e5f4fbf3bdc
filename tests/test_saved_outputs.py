"The outputs that notebooks keep can be shown where no kernel runs."
import json
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
