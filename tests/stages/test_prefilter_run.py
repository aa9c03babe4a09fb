"""A run with the prefilter before extraction, and one without: the same documents stay."""

from warc.archives import archive, response

from curate.stages import extract
from curate.stages import filter as filter_
from curate.stages.stage import SoFar
from curate.store.keys import Tally
from stages.committed import carry_out, start, table_of

PROSE = (
    "Some people of the town say that a paragraph needs many words to be seen as one. "
    "They have a point, and those who write with care will agree to it. "
    "We asked {n} of them about number {n}, and this is what the answers were in the end. "
)


def pages():
    """Return pages that stay, pages of few words, and pages without stop words."""
    for n in range(60):
        kind = n % 3
        text = (
            " ".join(PROSE.format(n=10 * n + k) for k in range(6)) if kind == 0
            else f"Only the few words of page {n}" if kind == 1
            else " ".join(f"Wort{k * n} und noch eines mehr," for k in range(40))
        )  # fmt: skip
        yield response(n, f"<html><body><article><p>{text}</p></article></body></html>".encode())


def ran(engine, folder, out, **keys):
    whole = {
        "sources": {"s": {"kind": "warc", "path": "a.warc.gz"}},
        "extract": {"extractor": "trafilatura", **keys},
        "filters": ["gopher_quality"],
        "output": {"unjudged": 0},
    }
    run = start(whole, folder, folder / out, engine)
    so_far = carry_out(filter_, run, carry_out(extract, run, SoFar()))
    outcomes = [
        row for stage in ("extract", "filter") for row in table_of(so_far.of(stage), "outcomes")
    ]
    kept = table_of(so_far.of("filter"), "documents")
    return kept, sorted(outcomes, key=lambda row: row["key"])


def tally(rows):
    total = Tally()
    for row in rows:
        total.add(row["source"], row["file_path"], row["n"])
    return total


def test_the_prefilter_changes_stages_and_reasons_only(engine, tmp_path):
    (tmp_path / "a.warc.gz").write_bytes(archive(list(pages()))[0])
    kept, outcomes = ran(engine, tmp_path, "with")
    plain_kept, plain_outcomes = ran(engine, tmp_path, "without", prefilter=False)
    assert (kept, len(kept)) == (plain_kept, 20)
    assert tally(kept) + tally(outcomes) == tally(plain_kept) + tally(plain_outcomes)
    assert {row["stage"] for row in outcomes} == {"extract"}
    assert {row["reason"] for row in outcomes} == {"too_few_words", "too_few_stop_words"}
    assert {row["stage"] for row in plain_outcomes} == {"filter"}
    names = ("key", "id", "url", "state")
    assert [[row[name] for name in names] for row in outcomes] == [
        [row[name] for name in names] for row in plain_outcomes
    ]
