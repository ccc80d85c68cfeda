"""SparkRiskList: tonight's list, scored and explained by the workers of Spark.

It is the same list as on one machine, with the same guards, files and sinks. The workers score and
explain everybody, and count what the guards judge. This machine gets the rows of the list, the
risks of everybody, and ids of people who came or went; never events, features or other people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab.config.tables import Config
from churnlab.dataset.build import build_dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import ConfigError, HistoryError
from churnlab.features.facts import with_facts
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words
from churnlab.model_registry.tracking import TrainedRun
from churnlab.nightly.chosen import NOT_APPROVED, Chosen
from churnlab.nightly.guards.drift import BINS
from churnlab.nightly.guards.evidence import Evidence
from churnlab.nightly.guards.witness import Witness
from churnlab.nightly.lists.contract import ID, NAMES, schema
from churnlab.nightly.lists.last import last_list
from churnlab.nightly.lists.publication import Publication
from churnlab.nightly.lists.rehearsal import Rehearsal
from churnlab.nightly.lists.shelf import shelf_of
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.scoring import Listing
from churnlab.nightly.shards.name import Shard
from churnlab.nightly.spark_witness import (
    COUNTS,
    CountedListing,
    SeenPeople,
    SparkWitness,
    summed_counts,
)
from churnlab.nightly.stage import with_stage
from churnlab.nightly.written import Written
from churnlab.schema.days import day_text
from churnlab.spark.activity import SparkActivity
from churnlab.spark.dataset import SparkDataset
from churnlab.spark.session import DataFrame, collected, highest_first, in_one_line, sent

MOST = 2_000_000  # people on a list: their rows are on this machine at once, in about 5 GB
_COUNTS = pa.list_(pa.int64())
_LISTED = {field.name: field.type for field in schema("string") if field.name != ID}


@dataclass(frozen=True, eq=False)
class SparkRiskList:
    """Tonight's list as in RiskList; nothing is computed before it is used or written.

    `rows` are everybody who is scored, in no order. `nobody` is the error for no row; `evidence`,
    `notes`, `model_age` and `language` are those of a RiskList.
    """

    rows: DataFrame
    listing: Listing
    evidence: Evidence
    nobody: HistoryError
    notes: tuple[Words, ...] = ()
    model_age: int | None = None
    language: str = ENGLISH

    @property
    def as_of(self) -> str:
        """The day whose morning the list is for, like 2026-03-04."""
        return self.listing.scorer.as_of

    @property
    def run_id(self) -> str:
        """The run whose models scored it."""
        return self.listing.scorer.run_id

    @property
    def frame(self) -> DataFrame:
        """The people of the stages asked for in their order, the first `top` of them.

        What needs the whole list is told when it is written: tiers by rank, the budget, treatments.
        """
        ranking = self.listing.ranking
        found = highest_first(self._asked.select(*NAMES), ranking.sort, ID)
        return found if ranking.top is None else found.limit(ranking.top)

    def publication(self) -> Publication:
        """The audited rows, as sinks get them. Errors as in `write`."""
        self.rows.persist()
        try:
            return self._local(self._counted()).publication()
        finally:
            self.rows.unpersist()

    def write(self, folder: str | Path, force: str = "", dry_run: bool = False) -> Written:
        """Publish the list in a folder or at an address, as RiskList does, whole or not at all.

        A `dry_run` writes nothing.

        Raises HistoryError when nobody was scored, ConfigError for a list of more than two million
        people, and the errors of `RiskList.write`. At an address nothing is locked.
        """
        trial = self.listing.scorer.approval == NOT_APPROVED
        self.rows.persist()
        try:
            people = self._counted()
            found = self._local(people)
            last = last_list(folder, self.as_of, trial)
            ids = [] if last is None else last.frame[ID]
            seen = self._witness(people, found, pd.Index(ids))
        finally:
            self.rows.unpersist()
        away, witness = seen
        others = away[~self.listing.ranking.asked(away)]
        evidence = replace(self.evidence, seen=witness)
        whole = replace(found, evidence=evidence, others=others)
        shelf = shelf_of(folder, trial)
        return whole.publish(Rehearsal(shelf) if dry_run else shelf, folder, force)

    @property
    def _asked(self) -> DataFrame:
        stages = self.listing.ranking.stages
        return self.rows.where(self.rows["stage"].isin(*stages)) if stages else self.rows

    def _counted(self) -> int:
        """How many people were scored; the error `nobody` for none."""
        with in_one_line():
            people = self.rows.count()
        if not people:
            raise self.nobody
        return int(people)

    def _local(self, people: int) -> RiskList:
        """The list on this machine; `people` were scored."""
        ranking = self.listing.ranking
        asked = int(self._asked.count())
        listed = asked if ranking.top is None else min(asked, ranking.top)
        if listed > MOST:
            reason = f"a list of {listed:,} people is more than one machine holds"
            raise ConfigError.from_spark(reason, f"give [list] top or stages, {MOST:,} at most")
        rows = collected(self.frame if listed < asked else self._asked.select(*NAMES)).to_pandas()
        risks = collected(self.rows.select("risk"))["risk"].to_numpy()
        found = ranking.ranked([rows], asked)
        return RiskList(
            found.frame,
            self.as_of,
            self.run_id,
            self.notes,
            self.model_age,
            ranking,
            np.sort(risks),
            language=self.language,
            model=self.listing.scorer.model,
            left_out={**found.left_out, "stages": people - asked},
        )

    def _witness(
        self, people: int, found: RiskList, last: pd.Index
    ) -> tuple[pd.DataFrame, SparkWitness]:
        """People who left the list and were scored, with stages; and what the guards judge."""
        seen, activity = self.evidence.seen, self.evidence.activity
        away = self._scored(last.difference(pd.Index(found.frame[ID])))
        told = SparkWitness(seen.day, seen.within, seen.columns, seen.edges, count_scored=people)
        told.people.append(pd.Index(away[ID]))
        sums = summed_counts(self.rows, len(seen.columns) + BINS * len(seen.edges))
        job = SeenPeople(activity.context, seen.day, seen.within)  # type: ignore[attr-defined]
        whole: Any = activity
        told.told(sums, whole, collected(whole.mapped(job)).to_pandas())
        return away, told

    def _scored(self, ids: pd.Index) -> pd.DataFrame:
        """The people of `ids` who were scored, with their stages."""
        if not len(ids):
            return pd.DataFrame({ID: ids, "stage": pd.Series(dtype="str")})
        wanted = sent(pd.DataFrame({ID: ids}), self.rows.sparkSession)
        there = self.rows.select(ID, "stage").join(wanted, ID, "left_semi")
        return collected(there).to_pandas()


def list_of(
    activity: SparkActivity,
    chosen: Chosen,
    config: Config,
    day: int,
    users: Any,
    shard: Shard | None = None,
) -> SparkRiskList:
    """The list of everybody eligible on a day, planned on Spark.

    Raises FrameError when the log lacks features that the models learnt from, ConfigError for a
    `shard`.
    """
    if shard is not None:
        raise ConfigError.from_spark("Spark splits people itself", "leave --shard out")
    trained = chosen.trained
    within, terminal = config.snapshots.active_within, config.target.terminal
    snapshots = Snapshots.at(activity, [day], within, terminal=terminal)
    told = with_facts(config.feature_set())
    features = with_stage(told, config.target.churn(), activity, day)
    data: Any = build_dataset(activity, snapshots, features, users)
    _check_features(trained, data)
    listing = Listing.of(chosen, config, day, activity)
    columns, reference = trained.models["churned"].feature_names_in_, trained.facts.reference
    edges = {} if reference is None else dict(reference.features)
    seen = Witness(day, within, tuple(columns), edges)
    counted = CountedListing(listing, seen.columns, edges)
    rows = data.map(counted, _LISTED | {COUNTS: _COUNTS})
    nobody = HistoryError.from_nobody(day_text(day), within)
    evidence = Evidence(seen, activity, chosen, (), config.guards)
    return SparkRiskList(rows, listing, evidence, nobody, language=config.lang)


def _check_features(trained: TrainedRun, data: SparkDataset) -> None:
    names = [field.name for field in data.job.schema][2:]
    for model in trained.models.values():
        model.select(pd.DataFrame(columns=names))
