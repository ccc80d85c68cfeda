"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CHURNLAB_TOML = Path("churnlab.toml")
ConfigPath = Annotated[Path, typer.Option("--config", help="The churnlab.toml to work from.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Run = Annotated[str | None, typer.Option("--run", help="A run id; the newest run by default.")]
Trial = Annotated[
    str | None, typer.Option("--run", help="A run id, for a trial; the champion by default.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the whole trace of an error.")]
Model = Annotated[
    str, typer.Option("--model", help="The registered model; the configuration's by default.")
]
VersionNumber = Annotated[str, typer.Option("--version", help="The number of the version.")]
By = Annotated[str, typer.Option("--by", help="Name of the person who decides.")]
Note = Annotated[str, typer.Option("--note", help="What they say about it.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Do everything but the writing, and say what it would be.")
]
ShardOf = Annotated[
    str, typer.Option("--shard", help="Some of the people alone, like 7/100: the eighth of 100.")
]
