"""Templates extracted from code: nothing is lost, and the committed list is never stale."""

from __future__ import annotations

from pathlib import Path

import churnlab
from churnlab.language.messages import POT, extracted, write

CODE = """
from churnlab.language.sentence import sentence, template

FEW = sentence("few")
LONG = sentence(
    "opened {opened:.0f} of {sent:.0f} "
    "pushes"
    " in {days} days",
    opened=1,
    days=2,
)
TABLE = {"acts": template("{value:.1f} acts")}
MADE = sentence(TABLE["acts"], value=1)
PLAIN = "not a sentence"
"""


def test_literals_of_sentence_and_template_are_found_also_over_several_lines(
    tmp_path: Path,
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "code.py").write_text(CODE)
    (tmp_path / "card.html.j2").write_text('<h1>{{ _("A card") }}</h1>')
    found = {m.id for m in extracted(tmp_path) if m.id}
    assert found == {
        "few",
        "opened {opened:.0f} of {sent:.0f} pushes in {days} days",
        "{value:.1f} acts",
        "A card",
    }


def test_the_committed_list_of_templates_is_that_of_the_code(tmp_path: Path) -> None:
    now = tmp_path / "now.pot"
    write(extracted(Path(churnlab.__file__).parent), now)
    assert POT.read_bytes() == now.read_bytes(), "run `make messages`"
