"""Every figure. The one import of matplotlib; nothing is shown or written, a Figure is returned."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Figure

BLUE = "#2a6f97"
ORANGE = "#e07a3f"
GREY = "#9aa5b1"
INK = "#1f2933"


def _figure(width: float = 6.4, height: float = 3.8) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9, color=GREY)
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def calibration(table: pd.DataFrame) -> Figure:
    """Predicted against observed, from `metrics.calibration_table`; on the diagonal is right."""
    figure, axes = _figure()
    top = float(max(table["predicted"].max(), table["observed"].max(), 0.05)) * 1.05
    axes.plot([0, top], [0, top], color=GREY, linewidth=1, linestyle="--", label="right")
    axes.plot(
        table["predicted"],
        table["observed"],
        "o-",
        color=BLUE,
        linewidth=1.8,
        markersize=5,
        label="the model",
    )
    axes.set(
        xlabel="predicted churn probability (mean of a tenth of the rows)",
        ylabel="share that churned",
        xlim=(0, top),
        ylim=(0, top),
    )
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    return figure


def deciles(table: pd.DataFrame) -> Figure:
    """Predicted and actual value by tenths of predicted value."""
    figure, axes = _figure()
    place = np.arange(1, len(table) + 1)
    axes.bar(place - 0.2, table["predicted"], 0.4, color=BLUE, label="predicted")
    axes.bar(place + 0.2, table["observed"], 0.4, color=ORANGE, label="actual")
    axes.set(
        xlabel="tenth of people by predicted value, lowest to highest",
        ylabel="mean value",
        xticks=place,
    )
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    return figure


def signals(importance: pd.Series) -> Figure:
    """How much each signal moves the score, mean absolute SHAP value."""
    importance = importance.sort_values()
    figure, axes = _figure(height=0.6 + 0.36 * max(len(importance), 2))
    axes.barh([str(n) for n in importance.index], importance.to_numpy(), color=BLUE, height=0.62)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color="#e4e7eb", linewidth=0.8)
    axes.set_xlabel("mean absolute push on the score")
    return figure


def features(importance: pd.DataFrame, top: int = 12) -> Figure:
    """The features that move the score most, from `Explanation.importance`."""
    table = importance.head(top).iloc[::-1]
    figure, axes = _figure(width=7.2, height=0.7 + 0.32 * max(len(table), 2))
    place = np.arange(len(table))
    axes.barh(place, table["importance"], color=BLUE, height=0.62)
    axes.set_yticks(place, [n if len(n) < 60 else n[:59] + "…" for n in table["name"]])
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color="#e4e7eb", linewidth=0.8)
    axes.set_xlabel("mean absolute push on the score")
    return figure


def scores(risk: np.ndarray, churned: np.ndarray) -> Figure:
    """How risks are spread among those who left and those who stayed."""
    figure, axes = _figure()
    edges = np.linspace(0, 1, 41)
    for value, colour, label in ((0, BLUE, "stayed"), (1, ORANGE, "churned")):
        part = risk[churned == value]
        axes.hist(
            part,
            list(edges),
            weights=np.full(len(part), 1 / max(len(part), 1)),
            color=colour,
            alpha=0.6,
            label=f"{label} ({len(part):,})",
        )
    axes.set(xlabel="predicted churn probability", ylabel="share of the group", xlim=(0, 1))
    axes.legend(frameon=False, fontsize=9)
    return figure


def gains(churned: np.ndarray, predictions: dict[str, np.ndarray]) -> Figure:
    """Share of all churners found in the top share of people, for each contender."""
    figure, axes = _figure()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="at random")
    colours = [BLUE, ORANGE, "#5c946e", "#8e6c8a"]
    for i, (name, p) in enumerate(predictions.items()):
        people, found = _gains_curve(churned, p)
        axes.plot(
            people,
            found,
            color=colours[i % len(colours)],
            linewidth=1.8,
            label=name.replace("_", " "),
        )
    axes.set(
        xlabel="share of people, highest risk first",
        ylabel="share of churners found",
        xlim=(0, 1),
        ylim=(0, 1.01),
    )
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure


def _gains_curve(churned: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of people and of churners down to each prediction; equal predictions enter together."""
    order = np.argsort(-p, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(p[order]) != 0, True])
    found = np.cumsum(churned[order])[last] / max(churned.sum(), 1)
    return np.r_[0, (last + 1) / len(p)], np.r_[0, found]


def per_cut(table: pd.DataFrame, metric: str) -> Figure:
    """The main metric by snapshot day, with its 95% interval, from `Evaluation.per_cut`."""
    figure, axes = _figure()
    known = table.dropna(subset=[metric])
    place = np.arange(len(known))
    spread = np.abs(known[["low", "high"]].to_numpy().T - known[metric].to_numpy())
    axes.errorbar(
        place, known[metric], spread, fmt="o", color=BLUE, ecolor=GREY, capsize=3, markersize=5
    )
    axes.set_xticks(
        place,
        known["value"],
        rotation=30 if len(known) > 4 else 0,
        ha="right" if len(known) > 4 else "center",
    )
    axes.set(xlabel="snapshot day", ylabel=metric.replace("_", " "))
    axes.margins(x=0.15)
    return figure


def warning_time(table: pd.DataFrame) -> Figure:
    """AUC and precision in the riskiest tenth against days of warning, each with its 95% interval, and the base rate; from `WarningTime.table`."""
    figure, axes = _figure()
    known = table.dropna(subset=["auc"])
    days = known["lead_days"].to_numpy(np.float64)
    for name, colour, label in (
        ("auc", BLUE, "AUC (0.5 is blind)"),
        ("precision_at_10pct", ORANGE, "leave, of the riskiest tenth"),
    ):
        spread = np.abs(
            known[[f"{name}_low", f"{name}_high"]].to_numpy(np.float64).T
            - known[name].to_numpy(np.float64)
        )
        axes.errorbar(
            days,
            known[name],
            spread,
            fmt="o-",
            color=colour,
            ecolor=colour,
            elinewidth=1,
            capsize=3,
            markersize=5,
            label=label,
        )
    axes.plot(
        days,
        known["base_rate"],
        "--",
        color=GREY,
        linewidth=1.4,
        marker=".",
        label="leave, of everybody",
    )
    axes.set(
        xlabel="days of warning before the days that decide",
        ylabel="AUC, share",
        ylim=(0, 1.02),
        xticks=days,
    )
    figure.legend(frameon=False, fontsize=9, loc="outside upper center", ncols=3)
    return figure


def profit(table: pd.DataFrame) -> Figure:
    """Expected and realised profit against the share of people contacted, from `ProfitCurve.table`; the dot is the cutoff to act on."""
    figure, axes = _figure()
    axes.axhline(0, color=GREY, linewidth=1)
    axes.plot(
        table["share"],
        table["expected"],
        color=BLUE,
        linewidth=1.8,
        label="expected, by the probabilities",
    )
    if table["realised"].notna().any():
        axes.plot(
            table["share"],
            table["realised"],
            color=ORANGE,
            linewidth=1.8,
            label="realised, by what happened",
        )
    best = table.loc[table["expected"].idxmax()]
    axes.plot([best["share"]], [best["expected"]], "o", color=BLUE, markersize=7)
    axes.annotate(
        f"contact {best['share']:.0%}",
        (best["share"], best["expected"]),
        (6, 6),
        textcoords="offset points",
        color=INK,
        fontsize=9,
    )
    axes.set(
        xlabel="share of people contacted, most profitable first",
        ylabel="profit of the campaign",
        xlim=(0, 1),
    )
    axes.margins(y=0.12)
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    return figure


def png(figure: Figure, dpi: int = 144) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()


def data_uri(figure: Figure) -> str:
    """The figure as a data: address, for a page that stands alone."""
    return "data:image/png;base64," + base64.b64encode(png(figure)).decode()
