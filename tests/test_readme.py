"""What the README shows runs as it stands."""

import re
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_quick_start_runs(tmp_path, monkeypatch, capsys):
    """The quick start prints a report and writes its HTML file."""
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert "GaussianNB" in capsys.readouterr().out
    assert "GaussianNB" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_links_lead_somewhere():
    """Every file or folder that the README links to exists."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (Path(__file__).parents[1] / link).exists()] == []
