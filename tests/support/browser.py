"""Headless Chromium: what a page writes on its console, and what it asks the network for."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

BROWSER = shutil.which("chromium")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
ITS_MAKER = (  # Chromium itself asks these for dictionaries and updates
    "redirector.gvt1.com",
    "update.googleapis.com",
    "accounts.google.com",
    "clients2.google.com",
    "optimizationguide-pa.googleapis.com",
    "android.clients.google.com",
    "www.google.com",
    "edgedl.me.gvt1.com",
    "safebrowsing.googleapis.com",
    "content-autofill.googleapis.com",
)
ON_THIS_MACHINE = ("file:", "data:", "blob:", "about:", "chrome", "devtools:", "http://127.0.0.1:")


@dataclass(frozen=True)
class Visit:
    """The page as HTML, the console's lines, and the addresses asked for outside this machine."""

    page: str
    console: tuple[str, ...]
    asked: frozenset[str]


def visit(address: str, folder: Path, *options: str, timeout: float = 120) -> Visit:
    """Opens one address until it has loaded. `folder` takes the profile and the network log."""
    log = folder / "net.json"
    done = subprocess.run(
        [
            str(BROWSER),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--enable-logging=stderr",
            f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={log}",
            "--dump-dom",
            *options,
            address,
        ],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=True,
    )
    console = tuple(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return Visit(done.stdout, console, frozenset(_asked(log)))


def _asked(log: Path) -> set[str]:
    events = json.loads(log.read_text())["events"]
    urls = {e["params"]["url"] for e in events if "url" in e.get("params", {})}
    hosts = [f"//{host}/" for host in ITS_MAKER]
    away = {u for u in urls if not u.startswith(ON_THIS_MACHINE)}
    return {u for u in away if not any(host in u for host in hosts)}
