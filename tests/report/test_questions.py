"""The questions of docs/report.md are answered on the page within three clicks."""

import json
import re
from pathlib import Path

from curate.report.page import write_page
from report.browser import TELL, acted, browser, told

ROOT = Path(__file__).resolve().parents[2]
# The questions of docs/report.md: what is clicked, and a part of the answer.
QUESTIONS = {
    "Why has the corpus so few tokens?": ([], "one epoch of books, 10 tokens at 50 % of the mix"),
    "What would make it larger?": ([], "More documents of books"),
    "Which stage took most of one source?": (
        ["nav Stages and reasons", "choose books"], "readread, kept: 33outcome"),
    "Which rule drops the most?": (
        ["nav Stages and reasons", "head records"], "requestdroppedfiltertoo_few_words520.00 %"),
    "Are those drops right?": (
        ["nav Stages and reasons", "link too_few_words"], "measured 3, the bound is 50"),
    "How many more pages would stay with another bound?": (
        ["nav Rules", "link too_few_words"], "With the bound at 50, the recipe's"),
    "Which rules are superfluous?": (
        ["nav Rules", "head no other does", "head no other does"], "1127.50 %104"),
    "Which reason drops most of a site?": (["nav Sites"], "filtertoo_few_words5"),
    "What does the classifier like? Are its scores chances?": (
        ["nav Classifier"], "25.00 % of 9 windows are references"),
    "Which documents were taken for copies, of what?": (
        ["nav Duplicates"], "near_duplicate, similarity 0.800removed copy-4"),
    "Which benchmark was in the crawl, and where?": (["nav Contamination"], "57.14 % found"),
    "Which sites have opted out?": (["nav Rights"], "optout_robots6"),
    "How long are the documents that were dropped?": (["nav Lengths"], "from"),
    "Did the mix meet its weights?": (["nav Mixture"], "50.00 %"),
    "Which stage took the most time?": (["nav Times"], "extract60.0"),
    "What differs from last month, more than chance explains?": (["nav Changes"], "index"),
}  # fmt: skip
FOLLOW = """
const all = (inside, which, text) =>
  [...inside.querySelectorAll(which)].find((one) => one.textContent === text);
const ways = {
  nav: (text) => all(nav, "a", text).click(),
  head: (text) => all(main, "th button", text).click(),
  link: (text) => all(main, "a", text).click(),
  choose: (text) => {
    const option = all(main, "option", text);
    option.selected = true;
    option.parentElement.dispatchEvent(new Event("change"));
  },
};
const answers = {};
for (const [question, clicks] of QUESTIONS) {
  location.hash = "overview";
  show();
  for (const click of clicks) {
    const before = location.hash, at = click.indexOf(" ");
    ways[click.slice(0, at)](click.slice(at + 1));
    if (location.hash !== before) show();
  }
  answers[question] = main.textContent;
}
tell("answers", answers);
"""


@browser
def test_questions_are_answered_within_three_clicks(out, tmp_path):
    write_page(str(out), str(out))
    (tmp_path / "copy").mkdir()
    asked = json.dumps([[name, clicks] for name, (clicks, _) in QUESTIONS.items()])
    script = f"{TELL}const QUESTIONS = {asked};{FOLLOW}"
    answers = told(acted(out, "overview", script, tmp_path / "copy"), "answers")
    assert answers.keys() == QUESTIONS.keys()
    for question, (clicks, answer) in QUESTIONS.items():
        assert len(clicks) <= 3
        assert answer in answers[question], question


def test_the_documentation_counts_the_clicks():
    table = (ROOT / "docs" / "report.md").read_text().partition("| question | clicks |")[2]
    rows = re.findall(r"^\| (\S.*?) \| (none|\d)\b", table, re.M)[: len(QUESTIONS)]
    assert rows == [(name, str(len(clicks) or "none")) for name, (clicks, _) in QUESTIONS.items()]
