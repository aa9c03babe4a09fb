"""Links that stand twice, and numbers of code that look like line numbers."""

from curate.extract.combined import main_content

LINKS = """<ul>
<li>Previous message: <a href="1.html">A question about the weather of spring</a></li>
<li>Next message: <a href="3.html">Another about the rain that follows</a></li></ul>"""
MAIL = f"""<html><body><h1>The weather of the north</h1>{LINKS}<hr><pre>
I have read what you wrote about the rain, and I think that it is too early to say whether the
summer will be a dry one. We should wait until the gauges of May are read, and compare them.

Yours, as ever, with all good wishes from the station on the hill.
</pre><hr>{LINKS}</body></html>"""


def test_links_at_both_ends_of_a_page_stand_once():
    text = main_content(MAIL).text
    assert "the gauges of May" in text
    assert text.count("Previous message") <= 1
    assert text.count("Next message") <= 1


def test_notices_of_attachments_are_no_text():
    kinds = ("An HTML attachment was scrubbed...", "A non-text attachment was scrubbed...\nSize: 9")
    line = "-" * 14
    parts = "".join(f"{line} next part {line}\n{one}\nURL: &lt;http://x/y&gt;\n" for one in kinds)
    quoted = f"&gt; {line} next part {line}\n&gt; An HTML attachment was scrubbed..."
    page = MAIL.replace("</pre>", f"{quoted}\n\nRoe\n\n{parts}</pre>", 1)
    written = main_content(page)
    assert written.text.endswith("was scrubbed...\n\nRoe")
    assert "non-text" not in written.text
    assert written.blocks[-1].end == len(written.text)


def test_rows_of_a_table_may_have_equal_links():
    cells = "".join(
        f"<tr><td>release {n}</td><td><a href='{n}'>download it here</a></td></tr>"
        for n in range(5)
    )
    words = "<p>All releases of the program that are kept, with their archives for download.</p>"
    text = main_content(f"<html><body>{words * 3}<table><tr><th>name</th><th>file</th></tr>{cells}"
                        "</table></body></html>").text  # fmt: skip
    assert text.count("download it here") in (0, 5)


def test_a_number_within_a_line_of_code_is_no_line_number():
    code = (
        '<pre><span class="kw">for</span> i := <span class="num">1</span> '
        '<span class="kw">to</span> <span class="num">100</span> do\n'
        '  x := <span class="num">0</span>;</pre>'
    )
    words = "<p>The loop below counts from one to a hundred and sets x to nothing each time.</p>"
    assert "for i := 1 to 100 do\n  x := 0;" in main_content(f"<body>{words}{code}</body>").text


def test_a_number_that_begins_each_line_is_one():
    lines = "".join(f'<span class="lineno">{n}</span>x = {n}\n' for n in range(8, 12))
    words = "<p>Four lines of a program in which x gets the number of the line it stands in.</p>"
    text = main_content(f"<body>{words}<pre>{lines}</pre></body>").text
    assert "x = 8\nx = 9\nx = 10\nx = 11" in text
