"""Drawing: figures, axes, fonts, labels and bytes. The one import of matplotlib.

Nothing is shown or written; the plots of `report.plots` are made of these parts.
"""

from __future__ import annotations

import base64
import io
import re
from contextlib import suppress
from functools import cache
from typing import Any, Literal
from warnings import catch_warnings, filterwarnings

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes as Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DayLocator
from matplotlib.figure import Figure as Figure
from matplotlib.font_manager import findSystemFonts, fontManager, get_font
from matplotlib.ticker import MaxNLocator

from churnlab.language.catalogues import ENGLISH
from churnlab.language.printable import brief
from churnlab.language.sentence import Words, in_language

BLUE = "#2a6f97"
ORANGE = "#e07a3f"
GREEN = "#5c946e"
VIOLET = "#8e6c8a"
GREY = "#9aa5b1"
PALE = "#e4e7eb"
INK = "#1f2933"
COLOURS = (BLUE, ORANGE, GREEN, VIOLET, "#c44e52", "#4a9d9c", "#b08d57", GREY)
# Colours that a page sets for its light and dark theme.
_THEMED = {BLUE: "blue", ORANGE: "orange", GREEN: "green", GREY: "grey", PALE: "line", INK: "ink"}
_PROLOGUE = re.compile(r".*?(?=<svg )", re.DOTALL)
_LEGEND = 84  # letters of a line of a legend
_SHORTEST = 24  # letters that a label of a legend has room for, however many columns there are
_LONG_SPAN = 30  # days, whose marks matplotlib chooses
_FONT = "DejaVu Sans"  # comes with matplotlib
_MORE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Noto Sans Hebrew",
    "Noto Sans Arabic",
    "Noto Emoji",
    "Symbola",
)
Place = Literal["best", "upper left", "lower left", "lower right"]


@cache
def _glyphs(family: str) -> frozenset[int]:
    """The characters that a font can draw; none where it is not installed."""
    paths = [font.fname for font in fontManager.ttflist if font.name == family]
    return frozenset(get_font(paths[0]).get_charmap()) if paths else frozenset()


def _look_again() -> None:
    """Tell matplotlib of fonts that were installed after it made its list."""
    listed = {font.fname for font in fontManager.ttflist}
    for path in sorted(set(findSystemFonts()) - listed):
        with suppress(OSError, RuntimeError, ValueError):  # a font that it cannot read
            fontManager.addfont(path)


@cache
def fonts() -> list[str]:
    """The usual font, then those installed that have Chinese and other letters."""
    if not any(font.name in _MORE_FONTS for font in fontManager.ttflist):
        _look_again()
    return [_FONT, *(family for family in _MORE_FONTS if _glyphs(family))]


def drawable(text: str) -> str:
    r"""Text as it can be drawn, on one line and without formulas.

    A character that no font on this machine has is written as its number, which tells names apart
    where boxes would not.

    >>> drawable("a $x$\n b"), drawable("\uf8fe")
    ('a \\$x\\$ b', '\\uf8fe')
    """
    shown = []
    for character in " ".join(text.split()):
        known = any(ord(character) in _glyphs(family) for family in fonts())
        shown.append(character if known else character.encode("unicode_escape").decode())
    return "".join(shown).replace("$", r"\$")


def said(words: Words, language: str) -> str:
    """Words in a language, as they can be drawn."""
    return drawable(in_language(words, language))


def new_figure(
    width: float = 6.4, height: float = 3.8, grid: Literal["x", "y"] = "y"
) -> tuple[Figure, Axes]:
    """An empty figure of a size in inches, and its axes, with a grid in one direction."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.subplots()
    plain(axes, grid)
    return figure, axes


def plain(axes: Axes, grid: Literal["x", "y"] = "y") -> None:
    """Thin lines, and none above and on the right."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9, color=GREY, labelfontfamily=fonts())
    axes.grid(axis=grid, color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def name_axes(axes: Axes, language: str, x: Words, y: Words = "") -> None:
    """Write what the two axes show."""
    axes.set_xlabel(said(x, language), fontfamily=fonts())
    axes.set_ylabel(said(y, language), fontfamily=fonts())


def legend(axes: Axes, place: Place) -> None:
    """A legend without a frame."""
    axes.legend(frameon=False, prop={"size": 9, "family": fonts()}, loc=place)


def legend_above(figure: Figure, columns: int) -> None:
    """A legend without a frame above the axes, in columns, where it covers no point."""
    look = {"size": 9, "family": fonts()}
    found = [axes.get_legend_handles_labels() for axes in figure.axes]
    handles = [handle for of_axes, _ in found for handle in of_axes]
    labels = [_label(text, columns) for _, of_axes in found for text in of_axes]
    figure.legend(
        handles, labels, loc="outside upper left", ncols=columns, frameon=False, prop=look
    )


def _label(text: str, columns: int) -> str:
    """A label of a legend, cut where it would push others off the figure."""
    return brief(text, max(_LEGEND // columns, _SHORTEST))


def legend_beside(axes: Axes, columns: int = 1) -> None:
    """A legend without a frame above the axes, in columns, where it covers no point."""
    look = {"size": 9, "family": fonts()}
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles,
        [_label(text, columns) for text in labels],
        frameon=False,
        prop=look,
        loc="lower left",
        bbox_to_anchor=(0, 1.01),
        borderaxespad=0,
        borderpad=0.2,
        labelspacing=0.25,
        ncols=columns,
    )


def mark_days(axes: Axes, days: pd.Series, language: str = ENGLISH) -> None:
    """Name the days on the x axis: at most about eight marks, none of them within a day.

    Months have their short English names in English, and numbers in any other language.
    """
    ticks = _whole_days(days)
    english = language == ENGLISH
    months, month = ("%b", "%Y-%b") if english else ("%Y-%m", "%Y-%m")
    named = ConciseDateFormatter(  # type: ignore[no-untyped-call]
        ticks,
        formats=["%Y", months, "%d", "", "", ""],
        zero_formats=["", "%Y", months, "", "", ""],
        offset_formats=["", "%Y", month, "", "", ""],
    )
    axes.xaxis.set_major_locator(ticks)
    axes.xaxis.set_major_formatter(named)


def _whole_days(days: pd.Series) -> AutoDateLocator | DayLocator:
    """At most about eight marks over some days, none of them within a day."""
    span = (days.max() - days.min()).days if len(days) else 0
    if span > _LONG_SPAN:
        return AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
    return DayLocator(interval=span // 8 + 1)  # type: ignore[no-untyped-call]


def whole_marks() -> MaxNLocator:
    """Marks of an axis of counts: whole numbers, at most seven."""
    return MaxNLocator(nbins=6, integer=True, min_n_ticks=1)


def png(figure: Figure, dpi: int = 144) -> bytes:
    """The figure as PNG; the same figure gives the same bytes.

    >>> png(new_figure()[0])[1:4]
    b'PNG'
    """
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()


def svg(figure: Figure) -> str:
    """The figure as SVG for the inside of a page: text is text, ink has the page's colour.

    The reader's fonts draw the letters, so no language needs a font here. The same figure gives
    the same text.

    >>> svg(new_figure()[0])[:4]
    '<svg'
    """
    out = io.StringIO()
    look: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "churnlab"}
    with rc_context(look), catch_warnings():
        filterwarnings("ignore", "Glyph .* missing", UserWarning)  # it only measures with its font
        metadata = {"Creator": None, "Date": None, "Format": None, "Type": None}
        figure.savefig(out, format="svg", transparent=True, metadata=metadata)
    found = _PROLOGUE.sub("", out.getvalue(), count=1).strip()
    for colour, name in _THEMED.items():
        found = found.replace(colour, f"var(--{name}, {colour})")
    return found


def data_uri(figure: Figure) -> str:
    """The figure as a data: address, for a page that stands alone.

    >>> data_uri(new_figure()[0])[:22]
    'data:image/png;base64,'
    """
    return "data:image/png;base64," + base64.b64encode(png(figure)).decode()
