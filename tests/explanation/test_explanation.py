"""SHAP values that add up, and sentences that hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.made_up_language import install, made_up

import churnlab as cl
from churnlab.errors import ConfigError, ModelError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor
from churnlab.explanation.explanation import Explanation, _check_additive, example

rng = np.random.default_rng(0)
X = pd.DataFrame(
    rng.normal(size=(500, 3)),
    columns=["push__open_rate__14d", "push__sent_sum__14d", "session__minutes_mean__14d"],
    index=pd.MultiIndex.from_arrays(
        [np.arange(500), pd.to_datetime(["2026-01-01"] * 500)], names=["user_id", "snapshot"]
    ),
)
X.iloc[::7, 2] = np.nan
Y = pd.Series(
    (X["push__open_rate__14d"] < 0).astype(float) * (rng.random(500) < 0.9), index=X.index
)
CATALOGUE = pd.DataFrame(
    {
        "name": X.columns,
        "signal": ["push", "push", "session"],
        "unit": "x",
        "builder": "b",
        "window": "14d",
        "says": [
            "opened {value:.2f} of {push__sent_sum__14d:.1f}",
            "{value:.1f} sent",
            "{value:.1f} minutes",
        ],
        "missing": "not known",
    }
)


@pytest.mark.parametrize("algorithm", ["lightgbm", "random_forest"])
@pytest.mark.parametrize("kind", [ChurnClassifier, LTVRegressor])
def test_values_add_up_and_point_the_right_way(kind: type, algorithm: str) -> None:
    model = kind(algorithm, n_estimators=40).fit(X, Y * 10 if kind is LTVRegressor else Y)
    found = cl.explain(model, X.iloc[:60], CATALOGUE)
    assert found.values.shape == (60, 3) and np.isfinite(found.values.to_numpy()).all()
    assert found.importance()["name"].iloc[0] == "push__open_rate__14d"
    low = (X["push__open_rate__14d"].iloc[:60] < -0.3).to_numpy()
    assert (found.top_group()[low] == "push").mean() > 0.9
    assert found.groups().sum(axis=1).to_numpy() == pytest.approx(
        found.values.sum(axis=1).to_numpy()
    )


def test_reasons_need_facts_and_a_model_of_churn() -> None:
    values = pd.DataFrame(np.ones((3, 3)), index=X.index[:3], columns=X.columns)
    with pytest.raises(ConfigError, match=r"reasons need the facts of each row"):
        Explanation(values, 0.0, X.iloc[:3], CATALOGUE).reasons(2)
    with pytest.raises(ConfigError, match="give cl.explain a model of churn"):
        replace(example(), unit="log money").reasons()


def test_a_dataset_brings_all_that_an_explanation_needs() -> None:
    activity = cl.datasets.make_community(users=400, days=160, seed=2).log().daily()
    snapshots = cl.Snapshots.at(activity, ["2026-05-01"], targets=[cl.Churn(horizon=30)])
    data = cl.build_dataset(activity, snapshots)
    model = ChurnClassifier("lightgbm", n_estimators=40, n_jobs=1).fit(data.X, data.y("churned"))
    why = cl.explain(model, data)
    alone = cl.explain(model, data.X, data.catalogue, facts=data.facts())
    pd.testing.assert_frame_equal(why.reasons(), alone.reasons())
    raw = model.raw_score(data.X)
    np.testing.assert_allclose(why.themes().sum(axis=1) + why.base, raw, atol=1e-6, rtol=0)
    said, themes, names = why.reasons(3), why.reason_themes(3), why.reason_names(3)
    assert said.shape == themes.shape == names.shape == (len(data.X), 3)
    assert ((said == "").to_numpy() == (themes == "").to_numpy()).all()
    assert ((said == "").to_numpy() == (names == "").to_numpy()).all()
    assert (said.to_numpy() != "").any()
    pd.testing.assert_frame_equal(why.head(5).reasons(), why.reasons().head(5))


def test_values_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ModelError, match=r"differ from the model's score by up to 1\.0e-01"):
        _check_additive(np.zeros((1, 2)), 0.0, np.array([0.1]))


def test_values_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(ModelError):
        _check_additive(np.full((1, 2), np.nan), 0.0, np.array([0.1]))


def test_reasons_and_importance_in_another_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = install(tmp_path, monkeypatch)
    template = "Usually back after {usual:day|days}, away for {away:day|days}"
    said = made_up(template).replace("{usual:day|days}", "4 days")
    assert example().reasons(1, language).to_numpy().tolist() == [
        [said.replace("{away:day|days}", "40 days")],
        [""],
    ]
    what = example().importance(language)["what"].tolist()
    assert what == [
        made_up("{what}, so far").format(what="since last days"),
        made_up("{what}, {days} days").format(what="orders sum", days=28),
    ]
    with pytest.raises(ConfigError, match="unknown language 'xx'"):
        example().reasons(1, "xx")


def test_a_column_without_a_row_of_the_catalogue_is_no_reason() -> None:
    why = example()
    found = replace(why, catalogue=why.catalogue.iloc[1:])
    assert found.reasons(1)["reason_1"].tolist() == ["", ""]
    assert found.themes().columns.tolist() == ["other", "spending"]
    assert found.groups().columns.tolist() == ["other", "spend"]


def _with_category() -> pd.DataFrame:
    plans = np.where(np.arange(len(X)) % 5 == 4, None, np.take(["a", "b"], np.arange(len(X)) % 2))
    return X.assign(plan=pd.Categorical(plans))


@pytest.mark.filterwarnings("ignore")  # shap's and matplotlib's own
@pytest.mark.parametrize("algorithm", ["blend", "random_forest"])
def test_shaps_own_plots_take_an_explanation(algorithm: str) -> None:
    import matplotlib
    import shap

    matplotlib.use("Agg")
    frame = _with_category()
    model = ChurnClassifier(algorithm, n_estimators=10, n_jobs=1).fit(frame, Y)
    why = cl.explain(model, frame[:60], CATALOGUE)
    found = why.to_shap()
    assert found.shape == (60, len(why.values.columns))
    np.testing.assert_array_equal(found.values, why.values)
    assert found.feature_names == list(why.values.columns)
    assert set(found.display_data[:, list(why.X).index("plan")]) == {"a", "b", np.nan}
    for plot in (shap.plots.beeswarm, shap.plots.bar):
        assert plot(found, show=False) is not None
    assert shap.plots.waterfall(found[3], show=False) is not None
    matplotlib.pyplot.close("all")


@pytest.mark.filterwarnings("ignore")  # shap's own
@pytest.mark.parametrize(
    "model",
    [
        ChurnClassifier("lightgbm", n_estimators=20, n_jobs=1),
        ChurnClassifier("random_forest", n_estimators=10),
        LTVRegressor("lightgbm", n_estimators=20, n_jobs=1),
        LTVRegressor("lightgbm", objective="hurdle", n_estimators=20, n_jobs=1),
        LTVRegressor("random_forest", n_estimators=10),
    ],
    ids=lambda model: f"{type(model).__name__}-{model.algorithm}-{model.objective}",
)
def test_shaps_tree_explainer_agrees_where_the_model_is_trees_alone(model: TreeModel) -> None:
    import shap

    frame = _with_category()
    model.fit(frame, Y if isinstance(model, ChurnClassifier) else Y * 3 + rng.random(len(Y)))
    why = cl.explain(model, frame[:50], CATALOGUE)
    explainer = shap.TreeExplainer(model.tree_model())
    theirs = np.asarray(explainer.shap_values(model.prepare(frame[:50])))
    theirs = theirs[:, :, -1] if theirs.ndim == 3 else theirs
    np.testing.assert_allclose(theirs, why.values.to_numpy(), rtol=0, atol=1e-6)
    base = np.ravel(explainer.expected_value)[-1]
    assert base == pytest.approx(why.base, abs=1e-6)


def test_a_model_that_is_more_than_trees_says_so() -> None:
    for model in (
        ChurnClassifier(n_estimators=2, n_jobs=1).fit(X, Y),
        LTVRegressor("lightgbm", objective="ziln", n_estimators=2, n_jobs=1).fit(X, Y * 3),
    ):
        with pytest.raises(ConfigError, match="is not trees with one score; explain it with"):
            model.tree_model()
