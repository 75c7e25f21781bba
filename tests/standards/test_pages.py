"""The readable pages are well-formed, complete, and harmless."""

import re
import unittest
from html.parser import HTMLParser
from xml.etree import ElementTree

from markdown_it import MarkdownIt

from samples import REPORT, text

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Collects tags and text, and refuses tags that are closed out of order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text.append(data)


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [], reader.open
    return reader


def harmless(name):
    """A name as a page shows it."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]", "\ufffd", name)


class Pages(unittest.TestCase):
    def test_html_is_complete_and_has_no_scripts(self):
        reader = read(text("report.html"))
        for tag, attributes in reader.tags:
            self.assertNotIn(tag, {"script", "iframe", "object", "embed", "link", "img", "a", "form", "base"})
            self.assertFalse([name for name in attributes if name.startswith("on") or name in {"href", "src", "action"}])
        shown = "".join(reader.text)
        for member in REPORT["members"]:
            self.assertIn(harmless(member["name"]), shown)
        for artifact in REPORT["artifacts"]:
            self.assertIn(artifact["id"], shown)

    def test_the_drawing_is_svg_with_every_node_in_its_bounds(self):
        svg = re.search(r"<svg.*?</svg>", text("report.html"), re.S).group()
        drawing = ElementTree.fromstring(svg)
        width, height = int(drawing.get("width")), int(drawing.get("height"))
        boxes = [
            tuple(int(box.get(name)) for name in ("x", "y", "width", "height"))
            for box in drawing.iter("{http://www.w3.org/2000/svg}rect")
        ]
        self.assertGreaterEqual(len(boxes), len(REPORT["artifacts"]) + len(REPORT["activities"]))
        self.assertEqual(len(set(boxes)), len(boxes))
        for x, y, wide, high in boxes:
            self.assertTrue(0 <= x and 0 <= y and x + wide <= width and y + high <= height)

    def test_markdown_shows_the_same_without_foreign_markup(self):
        page = text("report.md")
        rendered = MarkdownIt("commonmark").enable("table").render(page)
        reader = read(rendered)
        allowed = {"h1", "h2", "p", "strong", "ul", "li", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"}
        self.assertLessEqual({tag for tag, _ in reader.tags}, allowed)
        shown = "".join(reader.text)
        for member in REPORT["members"]:
            self.assertIn(harmless(member["name"]).strip(), shown)
        rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
        self.assertEqual(sum(tag == "tr" for tag, _ in reader.tags), len(rows))


if __name__ == "__main__":
    unittest.main()
