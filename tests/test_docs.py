"""The documentation site: every page in a browser, every link, every public name, the search."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from support.browser import needs_browser, visit

import churnlab

pytestmark = pytest.mark.xdist_group("site")  # built once

ROOT = Path(__file__).resolve().parents[1]
NAMES = sorted(set(churnlab.__all__) - {"__version__"})
SOUGHT = {"LifetimeValue": "reference/LifetimeValue.html", "warning time": "guides/evaluation.html"}
HARNESS = """<!doctype html><title>all pages</title><iframe width=1300 height=900></iframe>
<img src="/-/wait">
<script>
const frame = document.querySelector("iframe")
const open = url => new Promise(done => { frame.onload = done; frame.src = url })
const pause = ms => new Promise(done => setTimeout(done, ms))
async function seek(words) {
  await open("/index.html?q=" + encodeURIComponent(words))
  for (let i = 0; i < 200; i++) {
    const links = frame.contentDocument.querySelectorAll(".md-search-result__item a")
    if (links.length) return Array.from(links, link => link.href)
    await pause(50)
  }
  return []
}
async function all() {
  const titles = {}, found = {}
  for (const page of PAGES) {
    await open("/" + page)
    titles[page] = frame.contentDocument.querySelector("h1")?.textContent ?? ""
  }
  for (const words of SOUGHT) found[words] = await seek(words)
  return { titles, found }
}
all().catch(error => ({ error: String(error) })).then(
  seen => fetch("/-/done", { method: "POST", body: JSON.stringify(seen) }))
</script>"""


class Links(HTMLParser):
    """The addresses and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.anchors |= {given[key] for key in ("id", "name") if key in given}
        if "href" in given:
            (self.links if tag == "a" else self.loads).add(given["href"])
        if "src" in given:
            self.loads.add(given["src"])


class Server(ThreadingHTTPServer):
    """The site on loopback, and under /-/ the page that visits all others in turn."""

    daemon_threads = True

    def __init__(self, site: Path, pages: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(site)))
        words = json.dumps(pages), json.dumps(list(SOUGHT))
        self.harness = HARNESS.replace("PAGES", words[0]).replace("of SOUGHT", f"of {words[1]}")
        self.done = Event()
        self.seen: dict[str, Any] = {}


class Handler(SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path == "/-/harness.html":
            self.answer(self.server.harness.encode(), "text/html; charset=utf-8")
        elif self.path == "/-/wait":  # the harness has not loaded before its work is done
            self.server.done.wait(110)
            self.answer(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen = json.loads(body)
        self.server.done.set()
        self.answer(b"", "text/plain")

    def answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Links]:
    paths = sorted(site.rglob("*.html"))
    return {p.relative_to(site).as_posix(): Links(p.read_text("utf-8")) for p in paths}


@pytest.fixture
def server(site: Path, pages: dict[str, Links]) -> Iterator[Server]:
    with Server(site, list(pages)) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@needs_browser
def test_a_browser_opens_every_page_and_searches(
    server: Server, pages: dict[str, Links], tmp_path: Path
) -> None:
    seen = visit(f"http://127.0.0.1:{server.server_port}/-/harness.html", tmp_path, timeout=120)
    assert "error" not in server.seen, server.seen
    assert seen.console == ()
    assert seen.asked == frozenset()
    assert [page for page, title in server.seen["titles"].items() if not title] == []
    assert set(server.seen["titles"]) == set(pages)
    for words, page in SOUGHT.items():
        found = [urlsplit(link).path.lstrip("/") for link in server.seen["found"][words]]
        assert page in found[:5], (words, found)


@needs_browser
def test_the_search_works_in_a_folder_without_a_server(site: Path, tmp_path: Path) -> None:
    address = (site / "index.html").as_uri() + "?q=LifetimeValue"
    seen = visit(address, tmp_path, "--virtual-time-budget=20000")
    found = re.findall(r'md-search-result__item"><a href="([^"]*)"', seen.page)
    assert any("/reference/LifetimeValue.html" in link for link in found)
    assert seen.console == ()
    assert seen.asked == frozenset()


@needs_browser
def test_the_browser_tells_of_errors_and_of_requests(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<script>nothing()</script><img src='http://elsewhere.invalid/x.png'>")
    seen = visit(page.as_uri(), tmp_path)
    assert "nothing is not defined" in seen.console[0]
    assert seen.asked == {"http://elsewhere.invalid/x.png"}


def test_no_page_loads_from_another_machine(pages: dict[str, Links]) -> None:
    assert len(pages) > 40
    for page, links in pages.items():
        away = [u for u in links.loads if re.match(r"(\w+:)?//", u)]
        assert away == [], page


def test_every_link_and_anchor_leads_somewhere(site: Path, pages: dict[str, Links]) -> None:
    checked = 0
    for page, links in pages.items():
        for link in links.links | links.loads:
            parts = urlsplit(urljoin(f"http://site/{page}", link))
            if (parts.scheme, parts.netloc) != ("http", "site"):
                continue
            checked += 1
            target = unquote(parts.path).lstrip("/") or "index.html"
            assert (site / target).is_file(), f"{page} links to {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].anchors, f"{page} links to {link}"
    assert checked > 1000


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_its_reference(
    name: str, site: Path, pages: dict[str, Links]
) -> None:
    home = (churnlab._HOMES | churnlab._MODULES)[name]
    full = f"churnlab.{home}.{name}" if name in churnlab._HOMES else f"churnlab.{home}"
    assert full in pages[f"reference/{name}.html"].anchors
    for key, value in vars(getattr(churnlab, name)).items():
        if not key.startswith("_") and getattr(value, "__module__", "") == full:  # of a module
            assert f"{full}.{key}" in pages[f"reference/{name}.html"].anchors
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    entries = [d for d in index["docs"] if d["location"].startswith(f"reference/{name}.html")]
    assert any(len(entry["text"]) > 20 for entry in entries)


def test_examples_are_shown_as_code(site: Path) -> None:
    text = (site / "reference" / "Churn.html").read_text("utf-8")
    assert '<span class="gp">&gt;&gt;&gt; </span>' in text
    assert "<blockquote>" not in text  # `>>>` is a quotation in Markdown


def test_a_notebook_has_its_tables_and_images_in_the_page(site: Path) -> None:
    text = (site / "notebooks" / "01_first_model.html").read_text("utf-8")
    assert text.count('src="data:image/png;base64,') >= 2
    assert text.count('class="notebook-output"') >= 5


def test_the_configuration_page_has_every_key(site: Path) -> None:
    from churnlab.config.tables import Config

    text = (site / "guides" / "configuration.html").read_text("utf-8")
    schema = Config.json_schema()
    tables = schema["$defs"]
    assert len(tables) >= 8
    for name in tables:
        for key in tables[name]["properties"]:
            assert f"<code>{key}</code>" in text
    for name, about in schema["properties"].items():
        assert f'id="{name}"' in text or "$ref" not in about


@pytest.mark.parametrize(
    "page",
    [
        "index",
        "guides/signal",
        "guides/value",
        "guides/evaluation",
        "guides/notebook",
        "guides/reasons",
        "guides/subscriptions",
    ],
)
def test_the_code_of_a_page_runs(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```", text)
    assert blocks
    names: dict[str, Any] = {"__name__": page}
    for block in blocks:
        exec(compile(block, f"{page}.md", "exec"), names)


def test_every_test_on_the_page_of_faults_exists_and_no_fault_is_left_out() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    tests = "\n".join(p.read_text() for p in (ROOT / "tests").rglob("test_*.py"))
    known = {*re.findall(r"^ *def (test_\w+)\(", tests, re.MULTILINE)}
    named = {*re.findall(r"`(test_\w+)`", page)}
    assert len(named) > 60 and named - known == set()
    thirty = re.findall(r"^\| (\d+) \|.*`test_\w+`.*\|$", page, re.MULTILINE)
    assert [int(number) for number in thirty] == [*range(1, 31)]
