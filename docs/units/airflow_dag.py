"""One night as an Airflow DAG: update, then score, with the exit codes of churnlab mapped."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pendulum
from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException

CONFIG = "/srv/churnlab/churnlab.toml"
ZONE = "Asia/Shanghai"  # where the log's days begin
FINE = (0, 99)  # 99: nothing to do
LATER = (4, 6, 7)  # registry, another one is running, sink or disk: the task is tried again


def churnlab(*words: str) -> None:
    """Run a command: later again for LATER, never again for 1, 2, 3 and 5."""
    code = subprocess.run(["churnlab", *words, "--config", CONFIG]).returncode
    if code in LATER:
        raise AirflowException(f"churnlab {words[0]} ended with {code}: it may go well later")
    if code not in FINE:
        raise AirflowFailException(f"churnlab {words[0]} ended with {code}: a person has to look")


@dag(
    schedule="30 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz=ZONE),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 5, "retry_delay": timedelta(minutes=5)},
)
def churnlab_night() -> None:
    """The events of the day that ended, then the list of the morning after it."""

    @task
    def update(data_interval_end: pendulum.DateTime) -> None:
        morning = data_interval_end.in_timezone(ZONE)
        churnlab("update", "--day", morning.subtract(days=1).to_date_string(), "--wait", "600")

    @task
    def score(data_interval_end: pendulum.DateTime) -> None:
        churnlab("score", "--as-of", data_interval_end.in_timezone(ZONE).to_date_string())

    update() >> score()


churnlab_night()
