"""A real card: trains on complete_journey, writes docs/model_card.md and the card's measures.

    python experiments/model_card/run.py [--tasks ../shared/tasks] [--out model-card]

The folder `--out` takes the run, and the card in both languages: card.html and card.zh.html.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.reading_ease import flesch  # noqa: E402

from churnlab.config.tables import Config  # noqa: E402
from churnlab.language.messages import untranslated  # noqa: E402
from churnlab.report.cards.check import check_page  # noqa: E402
from churnlab.report.cards.record import CardRecord  # noqa: E402
from churnlab.training.card_files import write_card  # noqa: E402
from churnlab.training.train import train  # noqa: E402

TOML = """
name = "Complete Journey"
[log]
path = "{folder}/events.parquet"
users = "{folder}/users.parquet"
user = "user_id"
time = "ts"
event = "event"
amount = "amount"
timezone = "UTC"
receipts = ["campaign_received"]
[log.roles]
purchase = ["purchase"]
coupon = ["coupon_redeemed"]
[target]
churn_horizon = 30
ltv_horizon = 60
[costs]  # made up, so that the page shows what money looks like
contact = 0.5
offer = 5
success = 0.1
value_kept = 300
[card]
owner = "Loyalty team"
not_for = ["Not for prices or credit: it must not decide what a household pays."]
"""


def prose(markdown: str) -> str:
    """The text of a card without its tables."""
    return "\n".join(line for line in markdown.splitlines() if not line.startswith("|"))


def main() -> None:
    """Trains once, writes the card in both languages, and measures it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=Path, default=ROOT.parent / "shared" / "tasks")
    parser.add_argument("--out", type=Path, default=Path("model-card"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    toml = given.out / "churnlab.toml"
    toml.write_text(TOML.format(folder=(given.tasks / "complete_journey").resolve()))
    config = Config.read(toml)
    if not any(given.out.glob("churnlab-runs/mlflow.db")):
        train(config, say=print)
    found = {}
    for language in ("zh", "en"):
        begun = time.perf_counter()
        done = write_card(config, language=language)
        seconds = time.perf_counter() - begun
        record = CardRecord.from_json(done.card_json.read_text("utf-8"))
        found[language] = {
            "seconds": round(seconds, 2),
            "kilobytes": round(done.card_html.stat().st_size / 1000),
            "differences": len(check_page(done.card_html.read_text("utf-8"), record)),
        }
        (given.out / f"card.{language}.html").write_bytes(done.card_html.read_bytes())
    text = done.card_markdown.read_text("utf-8")
    found["flesch"] = round(flesch(prose(text)), 1)
    found["templates without Chinese"] = len(untranslated("zh"))
    (ROOT / "docs" / "model_card.md").write_text(text, "utf-8")
    (HERE / "result.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
