"""The content of the wheel, and texts that no file may hold."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = (  # each in two parts, so that this file does not hold it
    "py" + "pi[.]org",
    "python" + "hosted",
    "registry[.]npm" + "js",
    "deb[.]deb" + "ian",
    "/ro" + "ot/",
    "/wo" + "rk/",
    "/ho" + "me/",
)


def test_the_wheel_holds_data_and_templates_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("build")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    subprocess.run([*command, str(tmp_path), str(ROOT)], check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {
        "churnlab/demo/data/cdnow.parquet",
        "churnlab/demo/data/README.md",
        "churnlab/report/templates/page.html.j2",
        "churnlab/language/locale/churnlab.pot",
        "churnlab/language/locale/zh/LC_MESSAGES/churnlab.po",
        "churnlab/py.typed",
    } <= set(names)
    assert not [n for n in names if not n.startswith(("churnlab/", "churnlab-0"))]


def test_no_file_names_a_package_index_or_a_place_on_a_machine() -> None:
    command = ["git", "ls-files"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    listed = [ROOT / name for name in done.stdout.split()]
    if not listed:
        pytest.skip("not a git checkout")
    words = re.compile("|".join(FORBIDDEN))
    texts = [p for p in listed if p.is_file() and p.suffix not in (".parquet", ".png")]
    assert [p for p in texts if words.search(p.read_text(errors="replace"))] == []
