"""Page: sections as HTML that stands alone (no network, no script) or as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from markupsafe import escape

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language
from churnlab.report.document import EMPTY, Section, block_in, escaped, markdown_parts
from churnlab.report.rendering import environment


@dataclass(frozen=True)
class Page:
    """A title, the line under it, a warning above all (or ""), and sections.

    `beside` puts the pictures and tables of a section beside each other where there is room.
    """

    title: Words
    subtitle: Words
    banner: Words
    sections: tuple[Section, ...]
    beside: bool = False

    def html(self, language: str = ENGLISH) -> str:
        """HTML in a language, which needs nothing but itself.

        >>> "<h1>Churn</h1>" in Page("Churn", "", "", ()).html()
        True
        """
        say = partial(in_language, language=language)
        page = environment().get_template("page.html.j2")
        return page.render(page=self, say=say, language=language, empty=EMPTY, block_in=block_in)

    def markdown(self, language: str = ENGLISH) -> str:
        """The page in Markdown, in a language; a picture is named only.

        >>> Page("Churn", "", "", ()).markdown().splitlines()[0]
        '# Churn'
        """
        title, subtitle, banner = (
            escaped(in_language(words, language))
            for words in (self.title, self.subtitle, self.banner)
        )
        head = [f"# {title}", subtitle, *([f"> **{banner}**"] if banner else [])]
        body = (part for s in self.sections for part in markdown_parts(s, 2, language))
        return "\n\n".join([*head, *body]) + "\n"

    def _repr_html_(self) -> str:
        style = "width:100%;height:40rem;border:0"
        return f'<iframe sandbox srcdoc="{escape(self.html())}" style="{style}"></iframe>'
