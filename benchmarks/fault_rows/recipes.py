"""Faults: invalid recipes, and recipes that would exhaust the machine."""

from fault_rows.table import SHORT, Row, accepted, refused

KEY = "one error with the key, exit 2, nothing written"
LINE = "one error with the line, exit 2"


def bomb(form: str) -> str:
    """Return a text of a kilobyte in which each line stands for ten of the one before."""
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{n}: &a{n} " + form % ", ".join([f"*a{n - 1}"] * 10) for n in range(1, 12)]
    return "\n".join(lines)


def keyed(injected: str, more: str, *told: str) -> Row:
    """Return a row: a short recipe with more keys is refused, and the key told."""
    return Row("recipe", injected, KEY, refused(SHORT + more, *told))


def lined(injected: str, text: str | bytes, *told: str) -> Row:
    """Return a row: what is no recipe is refused, and the place told."""
    return Row("recipe", injected, LINE, refused(text, "recipe.yaml: not YAML: ", *told))


HOSTILE_KEYS = (
    ("seed: true", "seed"), ("seed: -1", "seed"), ("seed: 1e300", "seed"), ("version: true", "version"),
    ("dedup: {bands: 1e8}", "dedup.bands"), ("dedup: {bands: 9000, rows: 9000}", "dedup.bands"),
    ("dedup: {ngram: 1e20}", "dedup.ngram"), ("dedup: {threshold: .nan}", "dedup.threshold"),
    ("extract: {max_seconds: 1e300}", "extract.max_seconds"),
    ("extract: {max_seconds: .inf}", "extract.max_seconds"),
    ("extract: {max_text_bytes: 1T}", "extract.max_text_bytes"),
    ("extract: {max_page_bytes: 1T}", "extract.max_page_bytes"),
    ("extract: {split_bytes: 1048577}", "extract.split_bytes"),
    ("extract: {sample: 0}", "extract.sample"), ("mix: {tokens: 1e30}", "mix.tokens"),
    ("mix: {validation: 1}", "mix.validation"), ("mix: {max_epochs: .inf}", "mix.max_epochs"),
    ("mix: {tokenizer: /none/tokenizer.json}", "mix.tokenizer"),
    ("output: {shard_bytes: 0}", "output.shard_bytes"), ("output: {samples: 1e9}", "output.samples"),
    ("quality: {alpha: .inf}", "quality.alpha"), ("quality: {model: x.bin}", "quality.model"),
    ("quality: {documents: 1e18}", "quality.documents"),
    ("language: {min_score: 2}", "language.min_score"), ("language: {keep: [xx]}", "language"),
    ("ledger: none", "ledger"), ("filters: [gopher]", "filters"), ("filters: [{c4: {nonsense: 1}}]", "c4"),
    ("filters: 3", "filters"), ("seeds: 3", "seeds: unknown key; seed is one"),
)  # fmt: skip

ROWS = (
    lined("an alias bomb of lists, 1 KB", bomb("[%s]"), "at most 50,000 values"),
    lined("an alias bomb of merged mappings, 1 KB", bomb("{<<: [%s]}"), "at most 50,000 values"),
    lined("an alias inside itself", "a: &a [*a]", "line 1, column 4"),
    lined("100,000 lists in lists", "[" * 100_000, "at most 32 levels"),
    lined("60,000 keys", "\n".join(f"k{n}: 1" for n in range(60_000)), "at most 50,000 values"),
    lined("2 MB of text", "x" * (2 << 20), "at most 1,048,576 bytes"),
    lined("a seed of 5,000 digits", SHORT + "seed: " + "9" * 5_000, "line 2, column 7", "digits"),
    lined("a Python object", "!!python/object/apply:os.system [true]", "the tag"),
    lined("bytes that are no text", b"sources: \x80\x81", "position 9"),
    lined("a key twice", SHORT + "seed: 1\nseed: 2", "line 3, column 1"),
    *(keyed(text, text, told) for text, told in HOSTILE_KEYS),
    Row("recipe", "a date that there is not, as a column", "text as any other",
        accepted("sources: {a: {kind: text, path: in/*.txt, date: 2024-13-45}}")),
    Row("recipe", "tokens as 1e9, 100_000_000 and 10B", "the numbers that they mean",
        accepted(SHORT + "mix: {tokens: 1e9}\noutput: {shard_bytes: 100_000_000}\n")),
    Row("recipe", "code (module:attribute)", "refused with a reason, not imported, in plan too",
        refused(SHORT + "filters: ['spoiled:ran']", "spoiled:ran", "--allow-code")),
    Row("recipe", "a path with a NUL", KEY,
        refused('sources: {a: {kind: text, path: "a\\0b"}}', "sources.a.path")),
    Row("recipe", "a name with a terminal's escapes and a bidi override",
        "shown without escapes, the override spelled out",
        refused(SHORT + '"k\\e[31m\\u202Eb": 1', "k[31m<U+202E>b: unknown key")),
    Row("recipe", "a path of 10,000 characters", KEY,
        refused("sources: {a: {kind: text, path: %s}}" % ("x" * 10_000), "sources.a.path", "4000")),
    Row("recipe", "a home folder that is not there", KEY,
        refused("sources: {a: {kind: text, path: ~no-such-user/x}}", "sources.a.path")),
)  # fmt: skip
