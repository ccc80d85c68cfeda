"""What happens if we act: the slider, what it is compared with, and money."""

from __future__ import annotations

from functools import partial
from typing import Any

from churnlab.evaluation.tables import Table
from churnlab.language.sentence import Sentence, Words, sentence
from churnlab.report.cards import plots as card_plots
from churnlab.report.cards.blocks import Chart, Slider
from churnlab.report.cards.record import BRIEF, CardRecord, Reach
from churnlab.report.cards.words import LEAVERS, PEOPLE, figure
from churnlab.report.document import Section, Text
from churnlab.report.plain_data import as_data


def acting(record: CardRecord) -> Section:
    """The section on contacting people, of a record whose values know their paths."""
    top = record.at(record.top)
    says = sentence(
        "Say we contact the riskiest {share:.0%} of a list, {people:person|people}. Then we reach "
        "{leavers:,.0f} of the {leaving:,.0f} who leave. We miss {missed:,.0f}.",
        share=top.share,
        people=top.people,
        leavers=top.leavers,
        leaving=record.people.leaving,
        missed=top.missed,
    )
    blocks = (Text(says), Text(_against(record, top)), _slider(record), *_money(record, top))
    alt = sentence("Share of all who leave that we reach, by the share of people contacted")
    chart = Chart(partial(card_plots.contact, record), alt)
    return Section(sentence("What happens if we act"), (*blocks, chart))


def _against(record: CardRecord, top: Reach) -> Words:
    at_random = sentence(
        "Picking as many people at random would reach {random:,.0f}.", random=top.random
    )
    if top.recency is not None:
        at_random = sentence(
            "{so_far} Picking those who were away longest would reach {recency:,.0f}.",
            so_far=at_random,
            recency=top.recency,
        )
    if top.best is not None:
        at_random = sentence(
            "{so_far} The best simple rule ({rule}) would reach {best:,.0f}.",
            so_far=at_random,
            rule=record.best,
            best=top.best,
        )
    return at_random


def _money(record: CardRecord, top: Reach) -> list[Text]:
    costs = record.costs
    if costs is None:
        none = sentence(
            "No money is shown, for nobody has said what it costs to act. Set contact, offer and "
            "success under [costs] in churnlab.toml, and write the card again."
        )
        return [Text(none)]
    prices = sentence(
        "You said: a contact costs {sign}{contact:amount}, an offer costs {sign}{offer:amount}, "
        "and {success:.0%} of the leavers that we contact stay.",
        sign=record.currency,
        contact=costs.contact,
        offer=costs.offer,
        success=costs.success,
    )
    if costs.value_kept is not None:
        worth = sentence(
            "A person who stays is worth {sign}{value:amount}.",
            sign=record.currency,
            value=costs.value_kept,
        )
    elif top.value is not None:
        worth = sentence(
            "A person who stays is taken to be worth {sign}{value:amount}: the middle predicted "
            "value of those we reach.",
            sign=record.currency,
            value=top.value,
        )
    else:
        worth = sentence(
            "No money is shown, for the model does not predict value. Set value_kept under [costs]."
        )
    if top.gain is None:
        return [Text(prices), Text(worth)]
    gain = sentence(
        "To contact the riskiest {share:.0%} costs {sign}{cost:amount} and keeps {kept:,.1f} "
        "people. The gain, after costs, is {sign}{gain:amount}.",
        share=top.share,
        sign=record.currency,
        cost=top.cost,
        kept=top.kept,
        gain=top.gain,
    )
    return [Text(prices), Text(worth), Text(gain), Text(_best_share(record))]


def _best_share(record: CardRecord) -> Words:
    """At which share acting pays most, if it pays at all."""
    known = [row for row in record.reach if row.gain is not None]
    best = max(known, key=lambda row: row.gain or 0.0)
    if best.gain is None or best.gain <= 0:
        return sentence("At these costs it does not pay to act, whatever the share.")
    return sentence(
        "The gain is highest at {share:.0%} of a list: {sign}{gain:amount}.",
        share=best.share,
        sign=record.currency,
        gain=best.gain,
    )


_OUTPUTS = (
    (PEOPLE, "people", ",.0f"),
    (LEAVERS, "leavers", ",.0f"),
    (sentence("leavers missed"), "missed", ",.0f"),
    (sentence("leavers at random"), "random", ",.0f"),
    (sentence("leavers by days since last seen"), "recency", ",.0f"),
    (sentence("leavers by the best simple rule"), "best", ",.0f"),
    (sentence("cost"), "cost", "amount"),
    (sentence("kept"), "kept", ",.1f"),
    (sentence("gain"), "gain", "amount"),
)


def _slider(record: CardRecord) -> Slider:
    first = record.reach[0]
    outputs = tuple(out for out in _OUTPUTS if getattr(first, out[1]) is not None)
    shown = [record.at(share) for share in BRIEF]
    rows = (
        (
            figure(r.share, ".0%"),
            *(_money_or_count(getattr(r, name), spec, record) for _, name, spec in outputs),
        )
        for r in shown
    )
    title = sentence("contacted")
    head = (title, *(words for words, _, _ in outputs))
    table = Table(head, tuple(rows), numbers=frozenset(range(len(head))))
    every = tuple(as_data(row) for row in record.reach)
    start = record.reach.index(record.at(record.top))
    return Slider(title, outputs, every, "reach", start, table, record.currency)


def _money_or_count(value: Any, spec: str, record: CardRecord) -> Words:
    """A figure of the slider's table; money has the sign of the currency before it."""
    found = figure(value, spec)
    if spec != "amount" or not isinstance(found, Sentence):
        return found
    return Sentence("{sign}{value:amount}", {"sign": record.currency, "value": value})
