"""What the mix says where a target cannot be met; no Spark needed."""

from curate.spark import mix


def test_a_source_far_from_its_target_is_told():
    near = {"target_tokens": 9_000, "tokens": 9_040, "at_cut": 100}
    far = {"target_tokens": 1_000, "tokens": 0, "at_cut": 48_231}
    (line,) = mix.missed({"web": near, "books": far})
    assert line.startswith("books: expected 1,000 tokens, got 0: the document that crosses")
    assert "48,231" in line
