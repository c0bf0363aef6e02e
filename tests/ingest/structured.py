"""The same small document, with all that keeps its form, in every format that can hold it."""

import io

import docx
import fpdf

from tests.ingest.office import OPEN_NAMES, book, zipped

CODE = "press {\n    run();\n}"

_HTML = b"""<html><body><h1>The press</h1><p>To start it:</p>
<ol><li>Close the lid.</li><li>Choose a program:<ul><li>short</li><li>long</li></ul></li><li>Press Start.</li></ol>
<h2>Parts</h2>
<table><caption>Prices in EUR</caption><tr><th>Part</th><th>Price</th></tr><tr><td>belt</td><td>21.90</td></tr>
<tr><td>roller</td><td>9.75</td></tr></table>
<h2>Settings</h2>
<dl><dt>press.timeout<a href="#t">\xc2\xb6</a></dt><dd>Seconds to wait. Default is 30.</dd>
<dt>-q</dt><dt>--quiet</dt><dd>Says nothing.</dd></dl>
<pre>press {
    run();
}</pre></body></html>"""

_MARKDOWN = b"""# The press

To start it:

1. Close the lid.
2. Choose a program:
   - short
   - long
3. Press Start.

## Parts

| Part | Price |
|---|---|
| belt | 21.90 |
| roller | 9.75 |

## Settings

- **press.timeout**: Seconds to wait. Default is 30.
- `-q`, `--quiet`: Says nothing.

```
press {
    run();
}
```
"""

_TEXT = b"""The press

To start it:

1. Close the lid.
2. Choose a program:
   - short
   - long
3. Press Start.

belt ............. 21.90
roller ............ 9.75

- press.timeout: Seconds to wait. Default is 30.
- -q, --quiet: Says nothing.
"""


def _word() -> bytes:
    made = docx.Document()
    made.add_heading("The press", 1)
    made.add_paragraph("To start it:")
    for style, text in (
        ("List Number", "Close the lid."),
        ("List Number", "Choose a program:"),
        ("List Bullet 2", "short"),
        ("List Bullet 2", "long"),
        ("List Number", "Press Start."),
    ):
        made.add_paragraph(text, style=style)
    made.add_heading("Parts", 2)
    made.add_paragraph("Prices in EUR", style="Caption")
    table = made.add_table(rows=3, cols=2)
    for row, cells in zip(table.rows, (("Part", "Price"), ("belt", "21.90"), ("roller", "9.75")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    made.add_heading("Settings", 2)
    for term, said in (("press.timeout", "Seconds to wait. Default is 30."), ("-q, --quiet", "Says nothing.")):
        paragraph = made.add_paragraph(style="List Bullet")
        paragraph.add_run(f"{term}:").bold = True
        paragraph.add_run(f" {said}")
    made.add_paragraph(CODE, style="macro")
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def _open_document() -> bytes:
    def paragraphs(*texts: str) -> str:
        return "".join(f"<text:list-item><text:p>{text}</text:p></text:list-item>" for text in texts)

    def row(*cells: str) -> str:
        texts = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
        return f"<table:table-row>{texts}</table:table-row>"

    inner = f"<text:list>{paragraphs('short', 'long')}</text:list>"
    spaced = CODE.replace("    ", '<text:s text:c="4"/>').split("\n")
    code = "".join(f'<text:p text:style-name="P1">{line}</text:p>' for line in spaced)
    body = (
        '<text:h text:outline-level="1">The press</text:h><text:p>To start it:</text:p>'
        f'<text:list text:style-name="L1">{paragraphs("Close the lid.")}'
        f"<text:list-item><text:p>Choose a program:</text:p>{inner}</text:list-item>{paragraphs('Press Start.')}"
        '</text:list><text:h text:outline-level="2">Parts</text:h>'
        '<text:p text:style-name="Table">Prices in EUR</text:p><table:table><table:table-header-rows>'
        f"{row('Part', 'Price')}</table:table-header-rows>{row('belt', '21.90')}{row('roller', '9.75')}</table:table>"
        '<text:h text:outline-level="2">Settings</text:h>'
        '<text:p text:style-name="List_20_Heading">press.timeout</text:p>'
        '<text:p text:style-name="List_20_Contents">Seconds to wait. Default is 30.</text:p>'
        '<text:p text:style-name="List_20_Heading">-q</text:p>'
        '<text:p text:style-name="List_20_Heading">--quiet</text:p>'
        f'<text:p text:style-name="List_20_Contents">Says nothing.</text:p>{code}'
    )
    styles = (
        '<style:style style:name="P1" style:parent-style-name="Preformatted_20_Text"/><text:list-style style:name="L1">'
        '<text:list-level-style-number text:level="1"/><text:list-level-style-bullet text:level="2"/></text:list-style>'
    )
    content = (
        f"<office:document-content {OPEN_NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    return zipped(**{"content.xml": content})


def _pdf() -> bytes:
    made = fpdf.FPDF()
    made.add_page()

    def say(text: str, size: int = 11, left: float = 10, gap: float = 0) -> None:
        made.ln(gap)
        made.set_font("Helvetica", size=size)
        made.set_x(left)
        made.multi_cell(120, size / 2, text, new_x="LMARGIN", new_y="NEXT", align="L")

    say("The press", 20)
    say("To start it:", gap=4)
    say("1. Close the lid.", left=14, gap=1)
    say("2. Choose a program:", left=14, gap=1)
    say("\x95 short", left=20, gap=1)
    say("\x95 long", left=20, gap=1)
    say("3. Press Start.", left=14, gap=1)
    say("Parts", 16, gap=6)
    say("Prices in EUR", gap=3)
    for cells in (("Part", "Price"), ("belt", "21.90"), ("roller", "9.75")):
        made.set_font("Helvetica", size=11)
        for cell in cells:
            made.cell(40, 6, cell)
        made.ln(6)
    say("Settings", 16, gap=6)
    say("\x95 press.timeout: Seconds to wait. Default is 30.", gap=4)
    say("\x95 -q, --quiet: Says nothing.", gap=1)
    return bytes(made.output())


DOCUMENTS = {
    ".html": _HTML,
    ".md": _MARKDOWN,
    ".txt": _TEXT,
    ".pdf": _pdf(),
    ".docx": _word(),
    ".odt": _open_document(),
    ".epub": book(**{"OEBPS/one.xhtml": _HTML.decode()}),
}
"""By the ending of the file's name. Markdown, plain text and PDFs mark no captions, the last two no code."""
