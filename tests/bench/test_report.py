"""Tables and plots."""

from pathlib import Path
from xml.etree import ElementTree as ET

from app.bench.plot import bars
from app.bench.report import table
from app.bench.search_report import write_into

_SVG = "{http://www.w3.org/2000/svg}"


def test_numbers_are_shown_with_what_precision_they_deserve() -> None:
    assert table(["a", "b"], [[1234.5, "x"], [12.34, 1], [0.126, ""]]) == (
        "| a | b |\n| --- | --- |\n| 1,234 | x |\n| 12.3 | 1 |\n| 0.13 |  |"
    )


def test_text_is_written_between_its_marks_only(tmp_path: Path) -> None:
    document = tmp_path / "search.md"
    document.write_text("# Title\n<!-- bench search -->\nold\n<!-- /bench search -->\nend\n", encoding="utf-8")
    write_into(document, "bench search", r"new \1")
    expected = "# Title\n<!-- bench search -->\n\nnew \\1\n\n<!-- /bench search -->\nend\n"
    assert document.read_text(encoding="utf-8") == expected
    write_into(tmp_path / "fresh.md", "bench search", "all of it")
    assert (tmp_path / "fresh.md").read_text(encoding="utf-8") == "all of it\n"


def test_a_plot_is_a_picture_with_a_name_every_value_and_both_schemes() -> None:
    drawn = bars("Raw <call>", {"10,000 listings": {"p50": 4.25, "p95": 1_000.4}}, up="ms")
    root = ET.fromstring(drawn)
    assert root.get("aria-label") == "Raw <call>"
    words = [one.text for one in root.iter(f"{_SVG}text")]
    assert {"Raw <call>", "p50", "p95", "4.25", "1,000", "10,000 listings", "ms"} <= set(words)
    assert "prefers-color-scheme: dark" in drawn


def test_bars_stand_on_the_ground_line_in_proportion() -> None:
    root = ET.fromstring(bars("Two", {"one": {"a": 10.0, "b": 5.0}}, up="calls"))
    shown = [one for one in root.iter(f"{_SVG}rect") if one.get("class") in {"c0", "c1"} and one.get("width") != "14"]
    first, second = (float(one.get("height", "0")) for one in shown)
    assert first == 2 * second
    assert {float(one.get("y", "0")) + float(one.get("height", "0")) for one in shown} == {314.0}
