"""Write the dataset card: contents of a corpus, and the outcomes of all other records.

Input: manifest and ledger as in their files. Output: Markdown with Hugging Face front matter. Names
from a recipe or a crawl are data: they are escaped.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from curate.filters.pii import DROPPED
from curate.recipe import named_filters
from curate.report.corpus_size import explain_size
from curate.report.front_matter import SPLITS, dig, front_matter, shards_of

_DRAWN = ("unused", "held_out", "kept")
_MOST_PASSAGES = 10
_OUTCOMES = ("damaged", "skipped", "dropped", "held_out", "unused", "kept")
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_PLAIN = re.compile(r"\w([\w.+ -]*\w)?", re.ASCII)
_MOST_EXEMPT = 20  # common phrases that are shown
_LONGEST = 200  # characters of a name that are shown


def card(
    manifest: Mapping[str, Any],
    ledger: Mapping[str, Any],
    contamination: Mapping[str, Any] | None = None,
    report: Mapping[str, Any] | None = None,
) -> str:
    """Return the text of OUT/README.md.

    Args:
        manifest: schema_version, shards [{file, rows, bytes, tokens, sha256}], mixture
            {source: {target, achieved, tokens, documents, epochs}}, recipe, versions, seed,
            tokenizer, inputs.
        ledger: records_in, kept, damaged, skipped {kind: n}, held_out, unused,
            dropped {stage: {reason: n}}.
        contamination: documents, cut, pieces, dropped, benchmarks [{name, ngram, items, too_short,
            dirty, clean_share, …}], exempt [{ngram, documents, items}]; None if none was asked for.
        report: what OUT/report.json holds, to say why the corpus has its size.

    Keys that are missing leave their part out; the same input gives the same text.
    """
    parts = [
        f"---\n{front_matter(manifest)}---\n",
        "# Corpus\n",
        "Text for training language models, made by `curate`: pages and references extracted, "
        "filtered, deduplicated and mixed by token weight.\n",
        _contents(manifest),
        _mixture(manifest),
        _languages(report),
        _corpus_size(manifest, report),
        _funnel(ledger),
        _text(ledger),
        _dropped(ledger),
        _passages(report),
        _personal(manifest, ledger, report),
        _licenses(report),
        _contamination(contamination),
        _sources(manifest),
        _made_with(manifest),
    ]
    return "\n".join(part for part in parts if part)


def escape(value: object) -> str:
    r"""Return a value as Markdown that shows it and does nothing else, in a table or a line.

    Plain names are put in a code span. In others, control and format characters (a terminal's
    escapes, reversed writing) become U+FFFD and all punctuation character references. Long
    values are cut.

    >>> print(escape("gopher_quality"), escape("<b> | \x1b[2J"))
    `gopher_quality` &#60;b&#62; &#124; �&#91;2J
    """
    text = str(value)
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    if _PLAIN.fullmatch(text):
        return f"`{text}`"
    text = "".join("\ufffd" if unicodedata.category(c) in _UNSEEN else c for c in text)
    return re.sub(r"[!-,./:-@\[-`{-~]", lambda match: f"&#{ord(match[0])};", text)


# --- the parts ---------------------------------------------------------------------------------


def _contents(manifest: Mapping[str, Any]) -> str:
    rows = []
    for split in SPLITS:
        if shards := shards_of(manifest, split):
            sums = [sum(int(s[key]) for s in shards) for key in ("rows", "tokens", "bytes")]
            rows.append([split, _n(len(shards)), *map(_n, sums)])
    table = _table(["split", "files", "rows", "tokens", "bytes (compressed)"], rows)
    tokenizer = manifest.get("tokenizer")
    called = tokenizer.get("name") if isinstance(tokenizer, Mapping) else tokenizer
    counted = f"\nTokens are counted by the tokenizer {escape(called)}.\n" if called else ""
    reading = (
        "\n```python\n"
        "from datasets import load_dataset\n\n"
        'load_dataset("parquet", data_files="corpus/train/*.parquet", split="train")\n'
        "```\n"
    )
    return f"## Contents\n\n{table}{counted}{reading}" if rows else ""


def _mixture(manifest: Mapping[str, Any]) -> str:
    mixture: Mapping[str, Mapping[str, Any]] = manifest.get("mixture") or {}
    rows = [
        [
            escape(source),
            _percent(share.get("target")),
            _percent(share.get("achieved")),
            _n(share.get("tokens")),
            _n(share.get("documents")),
            _decimal(share.get("epochs"), 2),
        ]
        for source, share in sorted(mixture.items())
    ]
    table = _table(["source", "target", "achieved", "tokens", "documents", "epochs"], rows)
    return (
        "## Mixture\n\nShares of the training tokens; a document taken twice counts twice.\n\n"
        f"{table}{_cells(manifest)}"
        if rows
        else ""
    )


def _cells(manifest: Mapping[str, Any]) -> str:
    """Return what was drawn separately: labels within sources, neighbouring quality scores."""
    rows = [
        [
            escape(cell["source"]),
            escape(cell["label"] or ""),
            "" if cell["low"] is None else f"{cell['low']:.4f} to {cell['high']:.4f}",
            _percent(cell["target"]),
            _percent(cell["achieved"]),
            _n(cell["tokens"]),
            _decimal(cell["epochs"], 2),
        ]
        for cell in manifest.get("cells") or []
    ]
    names = ["source", "label", "quality scores", "target", "achieved", "tokens", "epochs"]
    return f"\n{_table(names, rows)}" if rows else ""


def _languages(report: Mapping[str, Any] | None) -> str:
    """Return the languages of the documents that reached the mix, the largest first."""
    languages = (report or {}).get("languages") or {}
    if not any(languages):
        return ""
    rows = [
        [
            escape(code or "not identified"),
            _n(totals["documents"]),
            _n(totals["tokens"]),
            _decimal(totals["bytes"] / totals["tokens"] if totals["tokens"] else None, 2),
        ]
        for code, totals in sorted(
            languages.items(), key=lambda item: (-item[1]["tokens"], item[0])
        )
    ]
    table = _table(["language", "documents", "tokens", "bytes per token"], rows)
    return f"## Languages\n\nOf the documents that reached the mix, each once.\n\n{table}"


def _corpus_size(manifest: Mapping[str, Any], report: Mapping[str, Any] | None) -> str:
    if report is None:
        return ""
    lines = "".join(f"- {sentence.text}\n" for sentence in explain_size(manifest, report, escape))
    return f"## Why it has this size\n\n{lines}"


def _funnel(ledger: Mapping[str, Any]) -> str:
    if "records_in" not in ledger:
        return ""
    records = int(ledger["records_in"])
    rows = [["read", _n(records), _percent(1.0 if records else 0.0)]]
    for state in _OUTCOMES:
        count = _leaves(ledger.get(state, 0))
        share = count / records if records else 0.0
        rows.append([state.replace("_", " "), _n(count), _percent(share)])
    head = "Every record that was read ended in exactly one of these ways."
    return f"## Records\n\n{head}\n\n{_table(['records', 'count', 'share'], rows)}"


def _text(ledger: Mapping[str, Any]) -> str:
    """Return the outcomes of the extracted text, in characters and estimated tokens."""
    characters: Mapping[str, Any] = ledger.get("characters") or {}
    total = characters.get("extracted")
    if not total:
        return ""
    ratio = ledger.get("tokens_per_character")
    rows = [["extracted", "", total]]
    for name in ("dropped", "cut"):
        for stage, reasons in (characters.get(name) or {}).items():
            rows += [[f"{name} by {escape(stage)}", escape(r), n] for r, n in _by_count(reasons)]
    rows += [[state.replace("_", " "), "", characters[state]] for state in _DRAWN]
    table = _table(
        ["text", "rule", "characters", "share", "tokens (estimated)"],
        [
            [text, rule, _n(n), _percent(n / total), _n(round(n * ratio)) if ratio else ""]
            for text, rule, n in rows
            if n
        ],
        2,
    )
    head = "What was extracted is what is kept, held out, unused, dropped or cut; tokens are "
    return f"## Text\n\n{head}estimated from those of the documents that were counted.\n\n{table}"


def _dropped(ledger: Mapping[str, Any]) -> str:
    rows = [
        ["skipped", escape(kind), _n(count)]
        for kind, count in _by_count(ledger.get("skipped") or {})
    ]
    for stage, reasons in (ledger.get("dropped") or {}).items():
        rows += [[escape(stage), escape(reason), _n(n)] for reason, n in _by_count(reasons)]
    return (
        f"## Why records were left out\n\n{_table(['stage', 'reason', 'records'], rows, 2)}"
        if rows
        else ""
    )


def _passages(report: Mapping[str, Any] | None) -> str:
    """Return the passages that were cut most often."""
    passages = (report or {}).get("passages")
    if not passages:
        return ""
    rows = [
        [escape(" ".join(passage["begins"].split())), _n(passage["bytes"]), _n(passage["times"])]
        for passage in passages[:_MOST_PASSAGES]
    ]
    head = "Passages that documents share were cut. Those with the most copies begin with:"
    table = _table(["passage", "bytes", "copies"], rows)
    return f"## Repeated passages\n\n{head}\n\n{table}"


def _personal(
    manifest: Mapping[str, Any], ledger: Mapping[str, Any], report: Mapping[str, Any] | None
) -> str:
    """Return what personal data the filter `pii` found, and what was done with it."""
    settings = dict(named_filters(dig(manifest, "recipe", "filters") or ())).get("pii")
    if settings is None:
        return ""
    edits = (report or {}).get("edits") or {}
    dropped = dig(ledger, "dropped", "filter") or {}
    counted = settings.get("count") or ()
    rows = [
        [escape(kind), "left" if kind in counted else "replaced", _n(edits[kind])]
        for kind in DROPPED
        if edits.get(kind)
    ]
    rows += [
        [escape(kind), "text dropped", _n(dropped[reason])]
        for kind, reason in DROPPED.items()
        if dropped.get(reason)
    ]
    head = "## Personal data\n\nWhat was recognised; names and addresses of people are not.\n\n"
    return f"{head}{_table(['kind', 'what was done', 'times'], rows, 2)}" if rows else ""


def _licenses(report: Mapping[str, Any] | None) -> str:
    """Return how many pages stated which licence, where the recipe asked for that."""
    counts = (report or {}).get("licenses") or {}
    rows = [[escape(name), _n(count)] for name, count in _by_count(counts)]
    head = "## Licences of pages\n\nAs pages state them for themselves, of all pages read.\n\n"
    return f"{head}{_table(['licence', 'pages'], rows)}" if rows else ""


def _contamination(report: Mapping[str, Any] | None) -> str:
    head = "## Contamination\n\n"
    if report is None:
        return f"{head}No benchmark was looked for, and none was removed.\n"
    rows = [
        [
            escape(row["name"]),
            *(_n(row.get(key)) for key in ("ngram", "items", "too_short", "dirty", "common_only")),
            _percent(row.get("clean_share")),
        ]
        for row in report.get("benchmarks") or ()
    ]
    names = ["benchmark", "words", "items", "too short", "dirty", "common only", "clean"]
    parts = [
        head,
        f"Of {_n(report.get('documents'))} documents, {_n(report.get('cut'))} shared runs of words "
        f"with benchmarks and were cut into {_n(report.get('pieces'))} pieces without them; "
        f"{_n(report.get('dropped'))} were dropped. An item is dirty if words of it were cut out, "
        "too short if it has fewer words than a run, common only if all that was found of it are "
        "the common phrases below.\n\n",
        _table(names, rows),
    ]
    if exempt := report.get("exempt"):
        common = [[escape(row["ngram"]), _n(row["documents"])] for row in exempt[:_MOST_EXEMPT]]
        parts.append(
            f"\n{_n(len(exempt))} runs of words are in so many documents that they are common "
            "phrases, and were left; contamination.json lists them all.\n\n"
            + _table(["common phrase", "documents"], common)
        )
    return "".join(parts)


def _sources(manifest: Mapping[str, Any]) -> str:
    sources = dig(manifest, "recipe", "sources") or {}
    rows = [
        [
            escape(name),
            escape(settings.get("kind", "")),
            "yes" if settings.get("reference") else "no",
            escape(settings.get("license") or "not stated"),
        ]
        for name, settings in sorted(sources.items())
        if isinstance(settings, Mapping)
    ]
    inputs = manifest.get("inputs") or ()
    count = f"\n{_n(len(inputs))} input files; the manifest lists them.\n" if inputs else ""
    return (
        f"## Sources\n\n{_table(['source', 'kind', 'reference', 'licence'], rows, 4)}{count}"
        if rows
        else ""
    )


def _made_with(manifest: Mapping[str, Any]) -> str:
    versions: Mapping[str, Any] = manifest.get("versions") or {}
    rows = [[escape(name), escape(version)] for name, version in sorted(versions.items())]
    parts = []
    if rows:
        parts.append(_table(["package", "version"], rows, 2))
    if "seed" in manifest:
        parts.append(f"Seed: {escape(manifest['seed'])}\n")
    if recipe := manifest.get("recipe"):
        parts.append(f"The recipe, without paths:\n\n{_code(recipe)}")
    return "\n".join(["## Made with\n", *parts]) if parts else ""


def _code(data: Any) -> str:
    """Return plain data as a block of JSON; nothing in it can end the block."""
    lines = json.dumps(data, indent=2, sort_keys=True)
    lines = re.sub(r"[`<>&\x7f]", lambda match: f"\\u{ord(match[0]):04x}", lines)
    return f"```json\n{lines}\n```\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Return a Markdown table of escaped cells; the first `words` columns are left-aligned."""
    lines = [head, [":--"] * words + ["--:"] * (len(head) - words), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _by_count(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    pairs = [(str(name), _leaves(count)) for name, count in counts.items()]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _leaves(counts: Any) -> int:
    """Return the sum of a number or of a nest of numbers."""
    if isinstance(counts, Mapping):
        return sum(map(_leaves, counts.values()))
    return int(counts)


def _n(count: Any) -> str:
    return "" if count is None else f"{int(count):,}"


def _percent(share: Any) -> str:
    return "" if share is None else f"{100 * float(share):.2f} %"


def _decimal(value: Any, digits: int) -> str:
    return "" if value is None else f"{float(value):.{digits}f}"
