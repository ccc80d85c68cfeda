"""What is shipped, and what no file may hold."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_wheel_holds_data_and_templates_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("build")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(tmp_path),
            str(ROOT),
        ],
        check=True,
        capture_output=True,
    )
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {
        "churnlab/demo/data/cdnow.parquet",
        "churnlab/demo/data/README.md",
        "churnlab/report/templates/card.html.j2",
        "churnlab/language/locale/churnlab.pot",
        "churnlab/py.typed",
    } <= set(names)
    assert not [n for n in names if not n.startswith(("churnlab/", "churnlab-0"))]


def test_no_file_names_a_package_index_or_a_place_on_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    words = re.compile(
        "|".join(
            [
                "py" + "pi[.]org",
                "python" + "hosted",
                "registry[.]npm" + "js",
                "deb[.]deb" + "ian",
                "/ro" + "ot/",
                "/wo" + "rk/",
                "/ho" + "me/",
            ]
        )
    )
    found = [
        n
        for n in listed
        if (ROOT / n).suffix not in (".parquet", ".png")
        and (ROOT / n).is_file()
        and words.search((ROOT / n).read_text(errors="replace"))
    ]
    assert found == []
