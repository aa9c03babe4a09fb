"""What the tools for labelling give back, one row each, and what it says."""

import json

import pytest

from curate.errors import RecipeError
from curate.label.forms import REFUSALS, Rating, Refused, read_ratings, read_texts

STUDIO = {
    "id": 7,
    "data": {"item": "a", "text": "Some text."},
    "annotations": [
        {"completed_by": {"id": 3, "email": "ann@example.org"}, "was_cancelled": False, "result": [
            {"from_name": "why", "type": "choices", "value": {"choices": ["menus"]}},
            {"from_name": "label", "type": "choices", "value": {"choices": ["good"]}}]},
        {"completed_by": 4, "result": [
            {"from_name": "stars", "type": "rating", "value": {"rating": 2}}]},
        {"completed_by": 5, "was_cancelled": True, "result": []},
    ],
}  # fmt: skip
ARGILLA = {
    "id": "b", "status": "completed", "fields": {"text": "Some text."}, "metadata": {"item": "b"},
    "suggestions": {},
    "responses": {"label": [{"value": "bad", "user_id": "u1"}, {"value": "good", "user_id": "u2"}]},
}  # fmt: skip
ARGILLA_1 = {
    "id": "b", "fields": {"text": "Some text."}, "metadata": {},
    "responses": [
        {"user_id": "u1", "status": "submitted", "values": {"stars": {"value": 5}}},
        {"user_id": "u2", "status": "discarded", "values": {"stars": {"value": 1}}},
    ],
}  # fmt: skip
# A row -> (item, id, source, rater, score) or a reason, for each label in it.
ROWS = {
    "of a task": ({"item": "a", "label": "good"}, [("a", None, None, "file", 1.0)]),
    "with its rater": ({"item": "a", "label": "Junk", "rater": "bo"}, [("a", None, None, "bo", 0)]),
    "of the page": (
        {"id": "x", "source": "crawl", "stage": "filter", "label": "bad", "rater": ""},
        [(None, "x", "crawl", "file", 0.0)],
    ),
    "a score": ({"item": "a", "score": 0.25}, [("a", None, None, "file", 0.25)]),
    "thumbs": ({"document_id": 17, "thumbs": "up"}, [(None, "17", None, "file", 1.0)]),
    "signs": ({"doc_id": "x", "vote": -1}, [(None, "x", None, "file", 0.0)]),
    "a truth value": ({"id": "x", "feedback": True}, [(None, "x", None, "file", 1.0)]),
    "stars": ({"id": "x", "rating": 4, "user": "u"}, [(None, "x", None, "u", 0.75)]),
    "Label Studio": (STUDIO, [
        ("a", None, None, "ann@example.org", 1.0), ("a", None, None, "4", 0.25), "no_label"]),
    "Label Studio, JSON-MIN": (
        {"id": 7, "item": "a", "text": "t", "label": "acceptable", "annotator": 3},
        [("a", "7", None, "3", 0.5)],
    ),
    "Argilla": (ARGILLA, [("b", None, None, "u1", 0.0), ("b", None, None, "u2", 1.0)]),
    "Argilla before 2": (ARGILLA_1, [("b", None, None, "u1", 1.0), "no_label"]),
    "no label": ({"item": "a", "label": None}, ["no_label"]),
    "unsure": ({"item": "a", "label": "unsure"}, ["no_label"]),
    "another word": ({"item": "a", "label": "so so"}, ["unknown_label"]),
    "too many stars": ({"item": "a", "rating": 6}, ["outside_scale"]),
    "no number": ({"item": "a", "score": float("nan")}, ["unknown_label"]),
    "of nothing": ({"label": "good"}, ["no_document"]),
    "no object": (["good"], ["no_object"]),
}  # fmt: skip


def told(path, **settings):
    return [
        rating.reason if isinstance(rating, Refused)
        else (rating.item, rating.id, rating.source, rating.rater, rating.score)
        for rating in read_ratings(str(path), **settings)
    ]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), ROWS.values(), ids=ROWS)
def test_a_row(tmp_path, row, expected):
    for name, text in (("file.jsonl", json.dumps(row)), ("file.json", json.dumps([row], indent=1))):
        (tmp_path / name).write_text(text)
        if name != "file.jsonl" or isinstance(row, dict):  # a line that is a list is an array
            assert told(tmp_path / name) == expected
    assert all(one in REFUSALS for one in expected if isinstance(one, str))


def test_csv_and_its_numbers(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_text("document_id,rating,user\nx,5,u\ny,0,u\nz,,u\n\u00e9,3,v\n", "utf-8-sig")
    assert told(path, scale=(0, 5)) == [
        (None, "x", None, "u", 1.0), (None, "y", None, "u", 0.0), "no_label",
        (None, "\u00e9", None, "v", 0.6),
    ]  # fmt: skip
    assert told(path)[1] == "outside_scale"


def test_a_broken_line_is_a_row_with_a_reason(tmp_path):
    path = tmp_path / "ann.jsonl"
    path.write_text('{"item": "a", "label": "good"}\n{"item": \n\n{"item": "b", "label": "bad"}\n')
    rows = list(read_ratings(str(path)))
    assert rows[1] == Refused("ann.jsonl:2", "no_object")
    assert rows[2] == Rating(score=0.0, rater="ann", place="ann.jsonl:3", item="b")


@pytest.mark.parametrize("data", [b"[1, 2", b"\xff\xfe\x00"], ids=["broken JSON", "no UTF-8"])
def test_another_file_is_refused(tmp_path, data):
    (tmp_path / "file.json").write_bytes(data)
    with pytest.raises(RecipeError, match="expected JSON lines, a JSON array or CSV"):
        told(tmp_path / "file.json")
    with pytest.raises(RecipeError, match="expected a file, found no"):
        told(tmp_path / "none.json")


def test_texts_with_known_labels(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text('{"text": "One.", "label": "good"}\n{"label": "bad"}\n{"text": "Two."}\n')
    assert list(read_texts(str(path))) == [
        ("One.", 1.0, "gold.jsonl:1"), Refused("gold.jsonl:2", "no_text"),
        Refused("gold.jsonl:3", "no_label"),
    ]  # fmt: skip
