"""Pages of the site that are made from other files of the project.

Each function below is one kind of page: the reference of a public name, a notebook, and a file of
the project's root. `every_key` fills the table of churnlab.toml into its guide. `Doctests` shows
the `>>>` examples of docstrings as code. mkdocs calls the functions named `on_...`.
"""

from __future__ import annotations

import ast
import base64
import json
import re
from pathlib import Path
from typing import Any

import nbformat
from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from nbconvert import MarkdownExporter

import churnlab
from churnlab.config.tables import Config

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {
    "events": "The log",
    "activity": "Daily activity",
    "store": "Daily activity",
    "schema": "Measures and targets",
    "features": "Features",
    "dataset": "Snapshots and datasets",
    "estimators": "Models",
    "evaluation": "Evaluation",
    "report": "Card and plots",
    "explanation": "Reasons",
    "retention": "Retention and stages",
    "value": "Value",
    "winback": "Win-back",
    "model_registry": "Runs",
    "config": "The nightly job",
    "training": "The nightly job",
    "nightly": "The nightly job",
    "weekly": "The nightly job",
    "errors": "Errors",
    "demo": "Data to try it on",
}
PLACED = {  # names of training/ that are looked for elsewhere
    "judge": "Evaluation",
    "card": "Card and plots",
    "log": "Runs",
    "registry": "Runs",
}
MORE = {  # modules that guides and notebooks use beside `cl.*`
    "features.expression": "Features",
    "estimators.baselines": "Models",
    "btyd": "Models",
    "evaluation.profit": "Evaluation",
    "evaluation.sample_size": "Evaluation",
    "evaluation.strata": "Evaluation",
    "training.tuning": "The nightly job",
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Adds the made pages to the navigation, and `Doctests` to the Markdown."""
    config.markdown_extensions.append(Doctests())  # type: ignore[arg-type]
    sections = {name: entry for part in config.nav for name, entry in part.items()}
    sections["Notebooks"].extend(
        {_title(path): f"notebooks/{path.stem}.md"} for path in notebooks()
    )
    groups: dict[str, list[Any]] = {}
    for name, (_, group) in reference().items():
        groups.setdefault(group, []).append({name: f"reference/{name}.md"})
    sections["Reference"].extend({group: pages} for group, pages in groups.items())
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the made pages to the files."""
    pages = {
        "changelog.md": (ROOT / "CHANGELOG.md").read_text("utf-8"),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
        **{f"notebooks/{path.stem}.md": as_page(path) for path in notebooks()},
        **{f"reference/{name}.md": as_reference(home) for name, (home, _) in reference().items()},
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Fills the table of every key of churnlab.toml into its guide."""
    if page.file.src_uri != "guides/configuration.md":
        return markdown
    return markdown.replace("<!-- every key -->", every_key())


def reference() -> dict[str, tuple[str, str]]:
    """The full path and the group of every public name, and of the modules of MORE."""
    homes = {name: f"{home}.{name}" for name, home in churnlab._HOMES.items()} | churnlab._MODULES
    found = {
        name: (home, PLACED.get(name) or ROOMS[home.split(".")[0]]) for name, home in homes.items()
    }
    found |= {home.split(".")[-1]: (home, group) for home, group in MORE.items()}
    ordered = sorted(found.items(), key=lambda item: list(ROOMS.values()).index(item[1][1]))
    return {name: (f"churnlab.{home}", group) for name, (home, group) in ordered}


def as_reference(home: str) -> str:
    """The page of a public name; names that a module passes on (`import a as a`) follow below."""
    more = "\n    options:\n      heading_level: 2\n"
    return f"::: {home}\n" + "".join(f"\n::: {path}{more}" for path in passed_on(home))


def passed_on(home: str) -> list[str]:
    """The full paths of the names that a module imports from churnlab as themselves.

    A package passes on all that its `__init__` imports from churnlab.
    """
    place = ROOT / home.replace(".", "/")
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    nodes = ast.parse(path.read_text("utf-8")).body if path.exists() else []
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    names = [(node.module, alias) for node in imports for alias in node.names]
    return [f"{m}.{a.name}" for m, a in names if place.is_dir() or a.asname == a.name]


def notebooks() -> list[Path]:
    """The notebooks in order."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def _title(path: Path) -> str:
    first = nbformat.read(path, 4).cells[0].source.splitlines()[0]
    return first.removeprefix("# ")


def as_page(path: Path) -> str:
    """A notebook as Markdown: its outputs in place, its images inside the page.

    A link to another notebook leads to its page.
    """
    book = nbformat.read(path, 4)
    for output in (o for cell in book.cells for o in cell.get("outputs", ())):
        if "text/html" in output.get("data", {}):
            html = re.sub(r"(?s)<style.*?</style>|\n\s*(?=\n)", "", output.data["text/html"])
            output.data["text/html"] = f'<div class="notebook-output">{html}</div>'
    body, resources = MarkdownExporter().from_notebook_node(book)
    for name, image in resources["outputs"].items():
        data = base64.b64encode(image).decode()
        body = body.replace(f"]({name})", f"](data:image/png;base64,{data})")
    return re.sub(r"\]\((\w+)\.ipynb\)", r"](\1.md)", body)


def every_key() -> str:
    """A table for each table of churnlab.toml, from its JSON Schema."""
    schema = Config.json_schema()
    parts = []
    for name, about in schema["properties"].items():
        several = about.get("items", {})
        if "$ref" in about or "$ref" in several:
            table = schema["$defs"][(about | several)["$ref"].rpartition("/")[2]]
            name = f"[{name}]" if several else name
            required = table.get("required", ())
            rows = [_row(k, v, k in required) for k, v in table["properties"].items()]
            head = "| key | type | when left out | meaning |\n|---|---|---|---|"
            says = table["description"].removeprefix(f"[{name}]: ")
            parts += [f"## [{name}]", says[0].upper() + says[1:], "\n".join([head, *rows])]
    return "\n\n".join(parts)


def _row(key: str, about: dict[str, Any], required: bool) -> str:
    default = about.get("default")
    left_out = "required" if required else "–" if default is None else f"`{json.dumps(default)}`"
    meaning = " ".join(about.get("description", "").split()).replace("|", "\\|")
    return f"| `{key}` | {_type(about)} | {left_out} | {meaning} |"


def _type(about: dict[str, Any]) -> str:
    if "anyOf" in about:
        return " or ".join(_type(kind) for kind in about["anyOf"] if kind.get("type") != "null")
    words = {"string": "text", "object": "table", "boolean": "true or false"}
    words |= {"integer": "whole number", "array": "list"}
    return about.get("format") or words.get(about.get("type", ""), about.get("type", "any"))


class Doctests(Extension):
    """Markdown in which a block that begins with `>>>` is Python code."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Runs before fenced code is looked for."""
        md.preprocessors.register(_Fences(md), "doctests", 40)


class _Fences(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        """Puts a fence around every block of lines that begins with `>>>`."""
        text, fenced = [], False
        inside = False
        for line in lines:
            fenced ^= line.lstrip().startswith("```")
            if not fenced and not inside and line.startswith(">>> "):
                inside = True
                text += ["", "```pycon"]
            elif inside and not line.strip():
                inside = False
                text.append("```")
            text.append(line)
        return [*text, "```"] if inside else text
