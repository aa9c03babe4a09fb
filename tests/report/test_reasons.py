"""The table of reasons is part of the interface: every reason the code can give stands there."""

import ast
import importlib
import re
from collections import Counter
from pathlib import Path

import pytest

from curate import decontaminate, filters
from curate.cli import main
from curate.engine import guard
from curate.extract import html
from curate.filters import finding
from curate.filters.finding import modules
from curate.licences import page as licences
from curate.optouts import page as optouts
from curate.report import reasons
from curate.stage_list import STAGES, ledger_stages
from curate.warc import kinds
from curate.warc import reader as warc

WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ROWS = list(reasons.reasons())
KNOWN = {reason for _, reason, _ in ROWS}


def test_reasons_are_lower_snake_case_words_with_a_meaning():
    for _, reason, told in ROWS:
        assert WORD.fullmatch(reason), reason
        assert told == told.strip(), reason
        assert len(told) > 10, reason
        assert "\n" not in told, reason


def test_a_reason_has_one_meaning():
    meanings = {reason: {told for _, name, told in ROWS if name == reason} for reason in KNOWN}
    assert {reason: told for reason, told in meanings.items() if len(told) > 1} == {}
    tables = (
        warc.DAMAGES, reasons.SOURCES, kinds.KINDS, html.REASONS, filters.reasons(),
        *(listed.reasons for listed in STAGES), decontaminate.REASONS, guard.REASONS,
        guard.FILTER_REASONS, optouts.REASONS, licences.REASONS,
    )  # fmt: skip
    times = Counter(reason for table in tables for reason in table)
    assert [reason for reason, count in times.items() if count > 1] == []
    assert set(times) == KNOWN


def test_a_meaning_belongs_to_one_reason():
    times = Counter(told for _, _, told in ROWS)
    assert [told for told, count in times.items() if count > 1] == []


def test_stages_are_in_the_order_they_run():
    stages = tuple(dict.fromkeys(stage for stage, _, _ in ROWS))
    assert (*stages, "mix") == ledger_stages()
    assert [row[1] for row in ROWS if row[0] == "filter"] == sorted(
        {**filters.reasons(), **guard.FILTER_REASONS}
    )


def test_what_a_reason_means():
    assert reasons.meaning("exact_duplicate") == (
        "equal to another text up to white space; the best copy is kept"
    )
    assert reasons.meaning("bad_json") == "a line that is no JSON object"
    assert reasons.meaning("of_a_filter_of_my_own") is None


def test_the_command_prints_all_of_them(capsys, monkeypatch):
    monkeypatch.setattr("curate.cli.out_.width", 200)
    with pytest.raises(SystemExit) as left:
        main(["reasons"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines()]
    assert [tuple(row) for row in rows if len(row) == 3] == ROWS


# --- what the code says ------------------------------------------------------------------------


def tree(module):
    """Yield the syntax of a module; a package means all modules in it."""
    file = Path(importlib.import_module(module).__file__)
    for one in sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]:
        yield from ast.walk(ast.parse(one.read_text()))


def said(node):
    """Return the constants a value may be, f-strings with {} for what is put in."""
    if isinstance(node, ast.IfExp):
        return said(node.body) | said(node.orelse)
    if isinstance(node, ast.BoolOp):
        return {one for value in node.values for one in said(value)}
    if isinstance(node, ast.JoinedStr):
        return {"".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)}
    constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return {node.value} if constant else set()


def named_reasons(module):
    """Return what a module calls a reason: reason=…, {"reason": …}, damaged(…), reasons[…] = …"""
    for node in tree(module):
        if isinstance(node, ast.keyword) and node.arg == "reason":
            yield from said(node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "reason":
                    yield from said(value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "damaged":
            yield from said(node.args[0])
        elif isinstance(node, ast.Assign) and "reason" in ast.unparse(node.targets[0]):
            yield from said(node.value)


def answers(module):
    """Return what the functions of a module answer or yield first: its reasons, for a filter."""
    for node in tree(module):
        if isinstance(node, ast.Return | ast.Yield):
            first = isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple)
            yield from said(node.value.elts[0] if first else node.value)


def unknown(found, known):
    """Return what is found and matches nothing known."""
    patterns = {one: re.escape(one).replace(r"\{\}", "[a-z0-9_]+") for one in found}
    return {one for one, p in patterns.items() if not any(re.fullmatch(p, k) for k in known)}


@pytest.mark.parametrize(
    ("module", "least"),
    [
        ("curate.sources", {"bad_json", "bad_parquet", "bad_compression", "empty_line", "no_text"}),
        ("curate.batch", {"no_text"}),
        ("curate.stages.urls", {"url_duplicate"}),
        ("curate.stages.shared_lines", {"shared_lines"}),
        ("curate.stages.exact", {"exact_duplicate"}),
        ("curate.stages.passage_cuts", {"repeated_passages"}),
        ("curate.stages.contained", {"contained_in_another"}),
    ],
)
def test_every_reason_a_module_gives_is_in_the_table(module, least):
    result = set(named_reasons(module))
    assert result >= least
    assert unknown(result, KNOWN) == set()


def test_every_reason_of_the_classifier_is_in_its_table_and_given():
    given = {one for one in answers("curate.quality.pareto") if one and "_quality_" in one}
    assert given == {reason for stage, reason, _ in ROWS if stage == "quality"}


def test_every_reason_of_extraction_is_in_its_table_and_given():
    module = "curate.extract.html"
    result = {*named_reasons(module), *(one for one in answers(module) if one)}
    assert result == set(html.REASONS)


def test_every_kind_of_record_is_in_the_table():
    result = set(answers("curate.warc.kinds"))
    assert unknown(result, kinds.KINDS) == set()
    by_type = {"warcinfo", "request", "metadata", "revisit", "continuation", "dictionary"}
    assert result | by_type == set(kinds.KINDS), "types of records stand for themselves"


def test_every_kind_of_damage_is_in_the_table():
    result = set()
    for module in ("curate.warc.reader", "curate.warc.layouts", "curate.warc.members"):
        for node in tree(module):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Damage":
                result |= said(node.args[2])
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                result |= said(node.value.elts[-1])
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "self.why":
                result |= said(node.value)
    assert result - {"", "end", "several"} == set(warc.DAMAGES), "those three are no damage"


FILTERS = [module.__name__ for module in modules() if hasattr(module, "FILTERS")]


@pytest.mark.parametrize("module", FILTERS)
def test_every_reason_of_a_filter_has_a_meaning_and_is_given(module):
    """A rule is called as its reason: what its functions answer or yield are names of rules."""
    own = importlib.import_module(module)
    table = dict(getattr(own, "REASONS", {}))
    for filter_ in own.FILTERS.values():
        table |= finding.meanings(filter_, {})
    result = {one for one in answers(module) if re.fullmatch(r"[a-z0-9_]+", one)}
    result |= set(getattr(own, "DROPPED", {}).values())  # answered by kind
    assert result >= set(getattr(own, "REASONS", {}))
    given = {node.value for node in tree(module)
             if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip
    given |= {f"top_{n}_gram" for n in (2, 3, 4)} | {f"duplicate_{n}_grams" for n in range(5, 11)}
    assert set(table) - given == set()


def test_a_meaning_shows_the_recipe_s_own_numbers():
    recipe = [("gopher_quality", {"too_few_words": 120}), ("c4", {"bad_word": "/no/such/file"})]
    assert (
        reasons.meaning("too_few_words", recipe) == "fewer than 120 words (Gopher, appendix A.1.1)"
    )
    least = filters.GopherQuality().too_few_words
    assert reasons.meaning("too_few_words") == f"fewer than {least} words (Gopher, appendix A.1.1)"
    assert reasons.meaning("bad_word", recipe) == reasons.meaning("bad_word")
    off = [("gopher_quality", {"too_few_words": None})]
    assert reasons.meaning("too_few_words", off) == reasons.meaning("too_few_words")
