"""One headless Chromium, driven over its debugging pipe: widths, themes, console, network."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.browser import BROWSER

SECONDS = 60
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)


@dataclass
class Page:
    """A tab: what its page wrote on the console, and the addresses that it asked for."""

    read: int
    write: int
    session: str = ""
    number: int = 0
    rest: bytes = b""
    console: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a command of the Chrome DevTools Protocol."""
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            got = self._next()
            if got.get("id") == self.number:
                assert "error" not in got, got["error"]
                return got["result"]

    def open(self, path: Path, width: int, dark: bool = False, height: int = 900) -> None:
        """Open a file at a width in a theme, and wait until it has loaded."""
        theme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.send("Emulation.setEmulatedMedia", features=theme)
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.events.clear()
        self.send("Page.navigate", url=path.as_uri())
        while "Page.loadEventFired" not in self.events:
            self._next()

    def run(self, script: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        done = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def picture(self, path: Path) -> None:
        """Write the whole page as PNG."""
        got = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(got["data"]))

    def paper(self) -> bytes:
        """The page as PDF, in the size that its style asks for."""
        return base64.b64decode(self.send("Page.printToPDF", preferCSSPageSize=True)["data"])

    def _next(self) -> dict[str, Any]:
        """The next message; what the page wrote or asked for is kept."""
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.read], [], [], max(deadline - time.monotonic(), 0))
            assert ready, "the browser does not answer"
            self.rest += os.read(self.read, 1 << 20)
        text, _, self.rest = self.rest.partition(b"\0")
        got = json.loads(text)
        method, params = got.get("method", ""), got.get("params", {})
        self.events.append(method)
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.console.append(json.dumps(params)[:500])
        if method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"][:200])
        return got


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A tab of a browser of its own, which ends with the block."""
    to_read, to_write = os.pipe(), os.pipe()
    command = [str(BROWSER), *OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    pipes = f"3<&{to_write[0]} 4>&{to_read[1]}"
    with subprocess.Popen(
        ["/bin/bash", "-c", f'exec "$0" "$@" {pipes}', *command],
        pass_fds=(to_write[0], to_read[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        page = Page(to_read[0], to_write[1])
        try:
            targets = page.send("Target.getTargets")["targetInfos"]
            tab = next(t["targetId"] for t in targets if t["type"] == "page")
            attached = page.send("Target.attachToTarget", targetId=tab, flatten=True)
            page.session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.send(f"{domain}.enable")
            yield page
        finally:
            process.terminate()
            process.wait(SECONDS)
            for end in (*to_read, *to_write):
                os.close(end)
