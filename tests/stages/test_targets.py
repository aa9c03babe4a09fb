"""What the mix says where a target cannot be met; no engine needed."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from curate import recipe as recipes
from curate.mix import weights
from curate.mix.mixed import Mixed
from curate.stages import mix
from curate.stages.mix_plan import Decided
from curate.stages.stage import SoFar
from curate.store.commits import Commit, Receipt
from curate.store.documents import Documents


def recipe(**settings):
    return recipes.parse({"sources": {"a": {"kind": "text", "path": "a"}}, "mix": settings}, Path())


def test_documents_that_are_held_out_are_told_where_none_are_left():
    run = SimpleNamespace(recipe=recipe(validation=0.9))
    stage = SimpleNamespace(run=run, describe=lambda _: None)
    planned = SimpleNamespace(totals=lambda: {"": [9, 100, 400]})
    with pytest.raises(weights.NoTokensError, match=r"mix\.validation 0\.9 holds out 9$"):
        mix.decide(stage, planned)


def test_a_budget_that_takes_no_document_is_refused(monkeypatch):
    run = SimpleNamespace(recipe=recipe(tokens=1))
    receipts = [Receipt("0", facts={"achieved": {}})]
    stage = SimpleNamespace(run=run, run_units=lambda *_: receipts, balance=lambda *_, **__: None)
    monkeypatch.setattr(mix, "decide", lambda *_: Decided(Mixed({}, {}), {}))
    monkeypatch.setattr(mix, "_shards", lambda *_: {})
    count = Commit.of("count", "", "", ())
    so_far = SoFar({"count": count}, Documents(Commit.of("filter", "", "", ())))
    with pytest.raises(weights.NoTokensError, match=r"got mix\.tokens 1: "):
        mix.work(stage, so_far)


def test_a_source_far_from_its_target_is_told():
    near = {"target_tokens": 9_000, "tokens": 9_040, "at_cut": 100}
    far = {"target_tokens": 1_000, "tokens": 0, "at_cut": 48_231}
    (line,) = mix.missed({"web": near, "books": far})
    assert line.startswith("books: expected 1,000 tokens, got 0: the document that crosses")
    assert "48,231" in line
