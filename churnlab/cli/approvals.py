"""The commands that decide which version scores: approve, reject, rollback, models."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from churnlab.cli.options import (
    CHURNLAB_TOML,
    AsJson,
    By,
    ConfigPath,
    Debug,
    Model,
    Note,
    VersionNumber,
)
from churnlab.cli.running import guarded
from churnlab.cli.showing import print_all, print_json, show

if TYPE_CHECKING:
    from churnlab.model_registry.registry import Registry
    from churnlab.model_registry.versions import Version


def approve(
    version: VersionNumber,
    by: By,
    note: Note = "",
    override: Annotated[
        str, typer.Option("--override", help="Why it is approved though the gate refuses it.")
    ] = "",
    model: Model = "",
    config: ConfigPath = CHURNLAB_TOML,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Let a version score, after its card was read: it becomes the champion."""
    with guarded(debug):
        registry, now = _registry(config, model), datetime.now(UTC)
        done = registry.approve(version, by=by, now=now, note=note, override=override)
        _show(done, as_json)


def reject(
    version: VersionNumber,
    by: By,
    note: Note = "",
    model: Model = "",
    config: ConfigPath = CHURNLAB_TOML,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say that a version must not score, and why."""
    with guarded(debug):
        registry, now = _registry(config, model), datetime.now(UTC)
        _show(registry.reject(version, by=by, now=now, note=note), as_json)


def rollback(
    by: By,
    note: Note = "",
    model: Model = "",
    config: ConfigPath = CHURNLAB_TOML,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Let the champion before the present one score again."""
    with guarded(debug):
        registry, now = _registry(config, model), datetime.now(UTC)
        _show(registry.rollback(by=by, now=now, note=note), as_json)


def models(
    model: Model = "",
    config: ConfigPath = CHURNLAB_TOML,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the versions: their states, who decided what and when, when a review is due."""
    with guarded(debug):
        from churnlab.report import terminal

        versions = _registry(config, model).all()
        if as_json:
            print_json([version.to_dict() for version in versions])
        else:
            print_all([terminal.versions([version.to_dict() for version in versions])])


def _show(version: Version, as_json: bool) -> None:
    """Print a version; as lines, without what is empty."""
    found = version.to_dict()
    if not as_json:
        found = {k: v for k, v in found.items() if v} | {"aliases": ", ".join(version.aliases)}
    show(found, as_json)


def _registry(config: Path, model: str) -> Registry:
    from churnlab.config.tables import Config
    from churnlab.training.approval import registry

    return registry(Config.read(config), model)
