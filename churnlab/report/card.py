"""ModelCard: what a product manager reads before a model may score; a tree of sections from plain results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader
from markupsafe import escape

from churnlab.evaluation.contenders import MODEL
from churnlab.evaluation.evaluation import Evaluation
from churnlab.report import plots
from churnlab.report.document import (
    Block,
    Bullets,
    Picture,
    Section,
    Table,
    Text,
    cell,
    escaped,
    markdown_lines,
)
from churnlab.report.files import write_text


@dataclass(frozen=True)
class CardFacts:
    """The plain results that a card is made of; see `training.train` for how they come about.

    `examples` are sentences of reasons without any id; `facts` tables hold a name and a value a line.
    """

    title: str
    version: str
    sentences: tuple[str, ...]
    simulated: bool = False
    population: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    pictures: Mapping[str, plots.Figure] = field(default_factory=dict)
    signals: pd.Series | None = None
    importance: pd.DataFrame | None = None
    examples: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    made: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelCard:
    """A title and sections; `html` stands alone (no network, no script), `markdown` says the same without pictures."""

    title: str
    subtitle: str
    banner: str
    sections: tuple[Section, ...]

    @classmethod
    def of(cls, facts: CardFacts) -> ModelCard:
        """The card of a trained model.

        >>> ModelCard.of(CardFacts("Churn", "v1", ("Who leaves.",))).sections[0].title
        'In one sentence'
        """
        banner = (
            "Simulated data: these figures say that the method works, not how well it does on real people."
            if facts.simulated
            else ""
        )
        churn, value = facts.evaluations.get("churned"), facts.evaluations.get("ltv")
        sections = (
            Section("In one sentence", tuple(Text(s) for s in facts.sentences)),
            Section("For whom", _pairs(facts.population)),
            Section("Data", _pairs(facts.data)),
            Section(
                "How well it finds those who leave",
                _beside(churn, facts.pictures, "gains", "Share of churners found"),
            ),
            Section("Are the probabilities right?", _calibrated(churn, facts.pictures)),
            Section("How well it values people", _valued(value, facts.pictures)),
            Section("What it looks at", (), _reasons(facts)),
            Section("Over time", _over_time(churn, facts.pictures)),
            Section("For different people", _segments(churn)),
            Section("Limits", (Bullets(facts.limits),) if facts.limits else ()),
            Section("How it was made", _pairs(facts.made)),
        )
        return cls(facts.title, f"Model card · version {facts.version}", banner, sections)

    def html(self) -> str:
        """A page that needs nothing but itself."""
        return _environment().get_template("card.html.j2").render(card=self)

    def markdown(self) -> str:
        """The same in Markdown."""
        lead = [
            f"# {escaped(self.title)}",
            escaped(self.subtitle),
            *([f"> **{escaped(self.banner)}**"] if self.banner else []),
        ]
        return (
            "\n\n".join([*lead, *(part for s in self.sections for part in markdown_lines(s, 2))])
            + "\n"
        )

    def save(self, folder: str | Path) -> tuple[Path, Path]:
        """Writes card.html and card.md, each whole or not at all; OutputError when the folder cannot be written."""
        html, markdown = self.html(), self.markdown()
        return write_text(Path(folder) / "card.html", html), write_text(
            Path(folder) / "card.md", markdown
        )

    def _repr_html_(self) -> str:
        return f'<iframe sandbox srcdoc="{escape(self.html())}" style="width:100%;height:40rem;border:0"></iframe>'


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("churnlab.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _pairs(facts: Mapping[str, Any]) -> tuple[Block, ...]:
    rows = tuple((str(k), cell(v, 3)) for k, v in facts.items())
    return (Table(("what", "value"), rows),) if rows else ()


def _picture(pictures: Mapping[str, plots.Figure], name: str, alt: str) -> tuple[Block, ...]:
    return (Picture(plots.data_uri(pictures[name]), alt),) if name in pictures else ()


def _contenders(evaluation: Evaluation, kinds: tuple[str, ...]) -> Table:
    """Contenders down, metrics across, each with its interval; the second column is the paired difference of the first."""
    rows = []
    for name in dict.fromkeys(evaluation.table["contender"]):
        gap = evaluation.table[
            (evaluation.table["contender"] == name) & (evaluation.table["metric"] == kinds[0])
        ].iloc[0]
        difference = (
            ""
            if name == MODEL or math.isnan(gap["difference"])
            else f"{gap['difference']:+.3f} [{gap['difference_low']:+.3f}, {gap['difference_high']:+.3f}]"
        )
        first, *others = (
            "–" if math.isnan(f.value) else str(f)
            for f in (evaluation.interval(k, name) for k in kinds)
        )
        rows.append((name.replace("_", " "), first, difference, *others))
    main, *rest = (k.replace("_", " ") for k in kinds)
    head = ("contender", main, f"churnlab minus it ({main})", *rest)
    return Table(head, tuple(rows), frozenset(range(1, len(head))))


def _beside(
    evaluation: Evaluation | None, pictures: Mapping[str, plots.Figure], picture: str, alt: str
) -> tuple[Block, ...]:
    if evaluation is None:
        return ()
    lead = f"On snapshots later than any it learnt from: {evaluation.summary()} {evaluation.mean:.1%} of the rows churned."
    kinds = ("auc", "average_precision", "lift_at_10pct", "brier")
    note = Text(
        "Brackets are 95% intervals from resampling people. AUC 0.5 is blind; a lift of 3 means that the riskiest tenth holds "
        "three times as many churners as a random tenth; a lower Brier score is better."
    )
    return (
        Text(lead),
        _contenders(evaluation, kinds),
        note,
        *_worth(evaluation),
        *_unsure(evaluation),
        *_picture(pictures, picture, alt),
    )


def _worth(evaluation: Evaluation) -> tuple[Block, ...]:
    """The expected maximum profit, where it was computed."""
    if "empc" not in set(evaluation.table["metric"]):
        return ()
    said = (
        f"Expected maximum profit (EMPC, under its paper's example costs): {evaluation.interval('empc')} a person, if a churner kept is "
        "worth 200, the offer costs 10, a contact 1, and about three in ten churners take the offer. Nobody contacted is 0."
    )
    return (Text(said),)


def _unsure(evaluation: Evaluation) -> tuple[Block, ...]:
    return (
        (Bullets(tuple(f"Unsure: {text}" for text in evaluation.warnings)),)
        if evaluation.warnings
        else ()
    )


def _calibrated(
    evaluation: Evaluation | None, pictures: Mapping[str, plots.Figure]
) -> tuple[Block, ...]:
    if evaluation is None:
        return ()
    extra = evaluation.extra
    lead = (
        f"It predicts {extra['predicted_mean']:.1%} on average where {extra['observed_mean']:.1%} churned; calibration slope "
        f"{extra['calibration_slope']:.2f} (1 is right), mean error over tenths {extra['expected_calibration_error']:.3f}."
    )
    return (
        Text(lead),
        *_picture(pictures, "calibration", "Predicted against observed, by tenths of the rows"),
        Table.of(evaluation.calibration),
    )


def _valued(
    evaluation: Evaluation | None, pictures: Mapping[str, plots.Figure]
) -> tuple[Block, ...]:
    if evaluation is None:
        return ()
    kinds = ("normalised_gini", "spearman", "total_bias", "mae", "rmse")
    note = Text(
        "Normalised Gini 1 is a perfect order, 0 is blind; a total bias of 1 is right. MAE likes the zero model where most people "
        "spend nothing, so it never stands alone."
    )
    return (
        Text(evaluation.summary()),
        _contenders(evaluation, kinds),
        note,
        *_unsure(evaluation),
        *_picture(pictures, "deciles", "Predicted and actual value by tenths of predicted value"),
    )


def _reasons(facts: CardFacts) -> tuple[Section, ...]:
    by_signal = _picture(facts.pictures, "signals", "How much each signal moves the score")
    top = (
        (
            Table.of(facts.importance.head(15), 4),
            Text(
                "Importance: the mean absolute push on the model's score (log-odds for "
                "LightGBM, share of votes for a forest)."
            ),
        )
        if facts.importance is not None
        else ()
    )
    return (
        Section("Signals", by_signal),
        Section("Features", top),
        Section(
            "Reasons as the list words them", (Bullets(facts.examples),) if facts.examples else ()
        ),
    )


def _over_time(
    evaluation: Evaluation | None, pictures: Mapping[str, plots.Figure]
) -> tuple[Block, ...]:
    if evaluation is None:
        return ()
    return (
        *_picture(pictures, "per_cut", "AUC by snapshot day, with 95% intervals"),
        Table.of(
            evaluation.per_cut.drop(columns="group").rename(columns={"value": "snapshot day"})
        ),
    )


def _segments(evaluation: Evaluation | None) -> tuple[Block, ...]:
    if evaluation is None or evaluation.per_segment.empty:
        return ()
    return (
        Table.of(evaluation.per_segment),
        Text("A dash stands where a figure cannot be told; the note says why."),
    )
