"""ModelCard: what a product manager reads before a model may score; sections of plain results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from churnlab.evaluation.contenders import MODEL
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.metric_table import headline, metrics_of
from churnlab.evaluation.strata import not_by_silence
from churnlab.evaluation.tables import Table, cell, heading
from churnlab.events.addresses import local_folder
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, sentence
from churnlab.report.document import (
    Block,
    Bullets,
    Drawing,
    InLanguage,
    Picture,
    Section,
    Text,
)
from churnlab.report.page import Page
from churnlab.schema.files import write_text

SIMULATED = sentence(
    "Simulated data: these figures show that the method works, not how well it does on real people."
)
_TOP_FEATURES = 15


@dataclass(frozen=True)
class CardFacts:
    """The plain results that a card is made of; `training.card_facts` collects those of a training.

    `population`, `data` and `made` hold a value by its name. `pictures` are drawn by a function of
    the language: calibration, gains, strata, per_cut, signals, deciles. `importance` gives the
    table of `Explanation.importance` in a language, `examples` some lines of reasons without any
    id.
    """

    title: Words
    version: str
    sentences: tuple[Words, ...]
    simulated: bool = False
    population: Mapping[Words, Any] = field(default_factory=dict)
    data: Mapping[Words, Any] = field(default_factory=dict)
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    pictures: Mapping[str, Drawing] = field(default_factory=dict)
    importance: Callable[[str], pd.DataFrame] | None = None
    examples: Callable[[str], Sequence[str]] | None = None
    limits: tuple[Words, ...] = ()
    made: Mapping[Words, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelCard(Page):
    """What a product manager reads of a model, as a page that stands alone or in Markdown.

    >>> print(ModelCard.of(CardFacts("Churn", "v1", ("Predicts churn.",))).markdown()[:52])
    # Churn
    <BLANKLINE>
    Model card · version v1
    <BLANKLINE>
    ## In one sentence
    """

    @classmethod
    def of(cls, facts: CardFacts) -> ModelCard:
        """The card of a trained model.

        >>> card = ModelCard.of(CardFacts("Churn", "v1", ("Predicts churn.",)))
        >>> print(card.sections[0].title)
        In one sentence
        """
        churn, value = facts.evaluations.get("churned"), facts.evaluations.get("ltv")
        draw = facts.pictures
        sections = (
            Section(sentence("In one sentence"), tuple(Text(s) for s in facts.sentences)),
            Section(sentence("For whom"), _facts(facts.population)),
            Section(sentence("Data"), _facts(facts.data)),
            Section(sentence("How well it finds those who leave"), _finds(churn, draw)),
            Section(sentence("Where it is hard"), _hard(churn, draw)),
            Section(sentence("Are the probabilities right?"), _calibrated(churn, draw)),
            Section(sentence("How well it values people"), _values(value, draw)),
            Section(sentence("What it looks at"), (), _looks_at(facts)),
            Section(sentence("Over time"), _over_time(churn, draw)),
            Section(sentence("For different people"), _groups(churn)),
            Section(sentence("Limits"), (Bullets(facts.limits),) if facts.limits else ()),
            Section(sentence("How it was made"), _facts(facts.made)),
        )
        subtitle = sentence("Model card · version {version}", version=facts.version)
        return cls(facts.title, subtitle, SIMULATED if facts.simulated else "", sections)

    def save(self, folder: str | Path, language: str = ENGLISH) -> tuple[Path, Path]:
        """Write card.html and card.md, each whole or not at all, and return their paths.

        Raises OutputError when the folder cannot be written, ConfigError for an address.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in ModelCard.of(CardFacts("Churn", "v1", ())).save(folder)]
        ['card.html', 'card.md']
        """
        html, markdown = self.html(language), self.markdown(language)
        place = local_folder(folder, "the folder of the card")
        page = write_text(place / "card.html", html)
        return page, write_text(place / "card.md", markdown)


def _facts(facts: Mapping[Words, Any]) -> tuple[Block, ...]:
    rows = tuple((name, cell(value)) for name, value in facts.items())
    return (Table((sentence("fact"), heading("value")), rows),) if rows else ()


def _picture(pictures: Mapping[str, Drawing], name: str, alt: Words) -> tuple[Block, ...]:
    return (Picture(pictures[name], alt),) if name in pictures else ()


def _finds(churn: Evaluation | None, pictures: Mapping[str, Drawing]) -> tuple[Block, ...]:
    if churn is None:
        return ()
    lead = sentence(
        "{summary} All of these snapshots are later than those the judged model learnt from; "
        "{share:.1%} of them churned.",
        summary=churn.summary(),
        share=churn.mean,
    )
    gains = _picture(pictures, "gains", sentence("Share of churners found"))
    return (Text(lead), *_beside(churn), *gains)


def _values(value: Evaluation | None, pictures: Mapping[str, Drawing]) -> tuple[Block, ...]:
    if value is None:
        return ()
    lead = sentence(
        "{summary} All of these snapshots are later than those the judged model learnt from.",
        summary=value.summary(),
    )
    alt = sentence("Predicted and actual value by tenths of predicted value")
    drawn = _picture(pictures, "deciles", alt)
    return (Text(lead), *_beside(value), *drawn, *_by_silence(value))


def _hard(churn: Evaluation | None, pictures: Mapping[str, Drawing]) -> tuple[Block, ...]:
    """The figures by how lately people were seen, the half seen most recently first."""
    if churn is None:
        return ()
    if churn.strata.empty:
        return (Text(not_by_silence()),)
    metric = headline(churn.target)
    alt = sentence("{metric} by how lately people were seen", metric=metric.label)
    lead = sentence(
        "Who has been silent for long is easily told from who came yesterday. The work is among "
        "people who were seen a short while ago. {half}",
        half=_recent_half(churn),
    )
    read = [
        sentence("{metric}: {says}.", metric=m.label, says=m.says)
        for m in metrics_of(churn.target, "strata")
    ]
    rest = sentence("Calibration slope: 1 is right. Calibration error: 0 is best.")
    picture = _picture(pictures, "strata", alt)
    return (Text(lead), *_by_silence(churn), *picture, Bullets((*read, rest)))


def _by_silence(evaluation: Evaluation) -> tuple[Block, ...]:
    table = evaluation.by_silence()
    return (table,) if table else ()


def _recent_half(churn: Evaluation) -> Words:
    """The headline metric of each contender among the half seen most recently."""
    half = churn.among_recent()
    if half["value"].isna().all():
        note = half["note"].iloc[0]
        return sentence("The half seen most recently has no figure: {note}.", note=note)
    figures = half.set_index("contender")
    model = figures.loc[MODEL]
    begun = sentence(
        "Among the half seen most recently its {metric} is {value:.3f} [{low:.3f}, {high:.3f}]",
        metric=headline(churn.target).label,
        value=model["value"],
        low=model["low"],
        high=model["high"],
    )
    if "recency" not in figures.index:
        return sentence("{figure}.", figure=begun)
    return sentence(
        "{figure}; days since the last activity alone reach {value:.3f}.",
        figure=begun,
        value=figures.loc["recency", "value"],
    )


def _beside(evaluation: Evaluation) -> tuple[Block, ...]:
    """The contenders' table, how to read each of its metrics, and what is unsure."""
    target = evaluation.target
    brackets = sentence("Brackets are 95% intervals from resampling people.")
    read = [
        sentence("{metric}: {says}.", metric=metric.label, says=metric.says)
        for metric in metrics_of(target, "card")
    ]
    unsure = [sentence("Unsure: {text}", text=text) for text in evaluation.warnings]
    return (
        evaluation.beside("card", differences=True),
        Text(brackets),
        Bullets((*read, *_lines(evaluation), *unsure)),
    )


def _lines(evaluation: Evaluation) -> list[Words]:
    """The metrics that have a line of their own, where they were computed."""
    computed = set(evaluation.table["metric"])
    return [
        sentence(
            "{metric}: {interval}, {says}.",
            metric=metric.label,
            interval=evaluation.interval(metric.name).words(),
            says=metric.says,
        )
        for metric in metrics_of(evaluation.target, "card_line")
        if metric.name in computed
    ]


def _calibrated(churn: Evaluation | None, pictures: Mapping[str, Drawing]) -> tuple[Block, ...]:
    if churn is None:
        return ()
    lead = sentence(
        "It predicts {predicted:.1%} on average where {observed:.1%} churned. Calibration slope "
        "{slope:.2f} (1 is right), mean error over tenths {error:.3f} (0 is best).",
        predicted=churn.extra["predicted_mean"],
        observed=churn.extra["observed_mean"],
        slope=churn.extra["calibration_slope"],
        error=churn.extra["expected_calibration_error"],
    )
    alt = sentence("Predicted against observed, by tenths of the rows")
    table = Table.of(churn.calibration)
    return (Text(lead), *_picture(pictures, "calibration", alt), table)


def _looks_at(facts: CardFacts) -> tuple[Section, ...]:
    alt = sentence("How much each signal moves the score")
    return (
        Section(sentence("Signals"), _picture(facts.pictures, "signals", alt)),
        Section(sentence("Features"), _features(facts.importance)),
        Section(sentence("Reasons as the list words them"), _reasons(facts.examples)),
    )


def _reasons(examples: Callable[[str], Sequence[str]] | None) -> tuple[Block, ...]:
    if examples is None:
        return ()
    return (InLanguage(lambda language: Bullets(tuple(examples(language)))),)


def _features(importance: Callable[[str], pd.DataFrame] | None) -> tuple[Block, ...]:
    if importance is None:
        return ()
    note = sentence("Importance: the mean absolute push on the model's score, in log-odds.")
    table = InLanguage(lambda language: _top_features(importance(language)))
    return (table, Text(note))


def _top_features(importance: pd.DataFrame) -> Table:
    shown = [name for name in ("name", "what", "signal", "importance") if name in importance]
    return Table.of(importance[shown].head(_TOP_FEATURES), 4)


def _over_time(churn: Evaluation | None, pictures: Mapping[str, Drawing]) -> tuple[Block, ...]:
    if churn is None:
        return ()
    metric = headline(churn.target)
    alt = sentence("{metric} by snapshot day, with 95% intervals", metric=metric.label)
    days = churn.per_cut.drop(columns="group")
    table = Table.of(days, headings={"value": sentence("snapshot day")})
    return (*_picture(pictures, "per_cut", alt), table)


def _groups(churn: Evaluation | None) -> tuple[Block, ...]:
    if churn is None or churn.per_segment.empty:
        return ()
    note = sentence("A dash stands for a missing figure; the note says why it is missing.")
    return (Table.of(churn.per_segment, headings={"value": heading("member")}), Text(note))
