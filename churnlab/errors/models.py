"""Errors of models, their runs and their versions."""

from __future__ import annotations

from collections.abc import Iterable

from churnlab.errors.base import ChurnlabError, near
from churnlab.errors.secrets import in_short


class ModelError(ChurnlabError):
    """A model or a model registry cannot be used."""

    exit_code = 4

    @classmethod
    def from_digest(cls, path: str) -> ModelError:
        """The sha256 of a model file differs from the one that was noted when it was saved."""
        return cls(
            f"{path} is not the file that was saved (its sha256 differs); "
            "train again or restore the file"
        )

    @classmethod
    def from_unreadable(cls, where: str, reason: str) -> ModelError:
        """A folder does not hold a model, or holds one that cannot be read."""
        return cls(
            f"no model can be read from {where} ({reason}); train again or restore the folder"
        )

    @classmethod
    def from_nothing_chosen(cls, model: str) -> ModelError:
        """A model was saved before models kept what their fit chose, so it cannot be refitted."""
        return cls(f"this {model} does not hold what its fit chose, and cannot refit; call fit")

    @classmethod
    def from_older_model(cls, where: str, kind: str, given: object, known: int) -> ModelError:
        """A model was saved by a version whose format is no longer read."""
        return cls(
            f"the model in {where}, a {kind}, was saved by an older churnlab (format {given!r}, "
            f"this one reads {known}); train again, or load it with that version"
        )

    @classmethod
    def from_no_run(cls, store: str, what: str) -> ModelError:
        """The MLflow store does not have the run that was asked for."""
        return cls(
            f"the store {store} does not have {what}; train first, or give another store or run id"
        )

    @classmethod
    def from_newer_facts(cls, given: object, known: int) -> ModelError:
        """The facts of a run are in a format that this release does not know."""
        return cls(
            f"the run was logged by a newer churnlab (facts of format {given!r}, "
            f"this one knows {known}); use that version or a newer one"
        )

    @classmethod
    def from_store(cls, store: str, reason: str) -> ModelError:
        """The MLflow store cannot be reached or written."""
        return cls(
            f"the store {store} cannot be used: {in_short(reason).rstrip('.')}; "
            "check its address and that it can be written"
        )

    @classmethod
    def from_scheme(cls, store: str, known: Iterable[str]) -> ModelError:
        """The address of a store has a scheme that MLflow does not know."""
        schemes = ", ".join(sorted(filter(None, known)))
        return cls(
            f"{store} is no address of a store of runs, {store.partition(':')[0]!r} is unknown; "
            f"give a folder, or an address that begins with one of {schemes}"
        )

    @classmethod
    def from_not_logged(cls, said: str, folder: str, way: str) -> ModelError:
        """A run could not be logged, as `said`; its folder is kept, and `way` logs it later."""
        return cls(f"{said}; what was trained is kept in {folder}, log it later by {way}")

    @classmethod
    def from_unverified(cls, run: str) -> ModelError:
        """A run has no manifest of its files, so that none of them can be verified."""
        return cls(
            f"{run} has no manifest of its files, it was logged by an earlier churnlab "
            "or by another tool; train again"
        )

    @classmethod
    def from_lost_file(cls, name: str, run: str, reason: str) -> ModelError:
        """A file of a run is missing or cannot be read."""
        return cls(
            f"{name} of {run} cannot be read: {in_short(reason).rstrip('.')}; "
            "restore the file or train again"
        )

    @classmethod
    def from_not_of_run(cls, name: str, run: str, files: Iterable[str]) -> ModelError:
        """A run never had a file of that name."""
        return cls(f"{run} has no file {name!r}: {near(name, files)}")

    @classmethod
    def from_no_version(cls, model: str, number: str, known: Iterable[str]) -> ModelError:
        """A registered model does not have the version that was asked for."""
        there = ", ".join(known) or "none"
        return cls(
            f"the model {model!r} has no version {number!r}, there are: {there}; "
            "`churnlab models` lists them"
        )

    @classmethod
    def from_unlike(cls, number: int, theirs: str, ours: str) -> ModelError:
        """A version predicts another thing than the champion, or for other people."""
        return cls(
            f"version {number} cannot be scored beside the champion: it was trained with {theirs}, "
            f"the champion with {ours}; train it with the same"
        )

    @classmethod
    def from_nothing_to_put_forward(cls, run: str) -> ModelError:
        """A run holds no model that serves churn and value together."""
        return cls(
            f"run {run} has no model that can be put forward, it was logged by an earlier "
            "churnlab or without a churn model; train again"
        )

    @classmethod
    def from_not_put_forward(cls, run: str, said: str) -> ModelError:
        """A run was logged, and could not be registered as a version, as `said`."""
        return cls(
            f"{said}; run {run} is logged as a draft, put it forward later by "
            f"churnlab.registry(...).submit({run!r})"
        )

    @classmethod
    def from_extra_file(cls, name: str, where: str) -> ModelError:
        """A model's folder holds a file that was not saved there, or a link in a file's place."""
        return cls(
            f"{name} in {where} is not a file that was saved there; "
            "nothing was read, restore the folder or train again"
        )

    @classmethod
    def from_other_scores(
        cls, model: str, run: str, worst: float, changed: Iterable[str]
    ) -> ModelError:
        """A loaded model gives other scores for its golden batch than in training."""
        versions = ", ".join(changed) or "the libraries have the versions of the training"
        return cls(
            f"the model {model!r} of {run} gives other scores than in training, by up to "
            f"{worst:.1e} ({versions}); install the versions of the training or train again"
        )

    @classmethod
    def from_others(cls, run: str) -> ModelError:
        """A run that is to be deleted was not logged by churnlab."""
        return cls(f"{run} was not logged by churnlab and stays; delete it by MLflow's own means")

    @classmethod
    def from_deleted_experiment(cls, store: str, name: str) -> ModelError:
        """The experiment was deleted, so that MLflow takes no run for it."""
        return cls(
            f"the experiment {name!r} of the store {store} was deleted; "
            "restore it, or give another name under [tracking] experiment"
        )

    @classmethod
    def from_no_estimator(cls, given: str) -> ModelError:
        """Something that is no estimator was to be judged or logged."""
        return cls(
            f"{given} is no fitted classifier or regressor; give an estimator with fit and "
            "predict_proba or predict, or several by target: {'churned': …, 'ltv': …}"
        )

    @classmethod
    def from_nothing_to_judge(cls) -> ModelError:
        """No model was given."""
        return cls("no model was given; give a fitted classifier of churn, or a regressor of value")

    @classmethod
    def from_not_fitted(cls, model: str) -> ModelError:
        """An estimator was not fitted yet."""
        return cls(f"{model} is not fitted; call fit(train.X, train.y(…)) first")

    @classmethod
    def from_no_probabilities(cls, model: str) -> ModelError:
        """A classifier cannot say how probable churn is."""
        return cls(
            f"{model} gives no probabilities (it has no predict_proba); wrap it in scikit-learn's "
            f"CalibratedClassifierCV({model}(…)) and fit that"
        )

    @classmethod
    def from_other_target(cls, model: str, target: str, own: str) -> ModelError:
        """An estimator was given for a target that its kind does not predict."""
        return cls(f"{model} was given for {target} and is a model of {own}; give it as {own!r}")

    @classmethod
    def from_other_classes(cls, model: str, classes: Iterable[object]) -> ModelError:
        """A classifier was fitted on other labels than 0 (stayed) and 1 (churned)."""
        given = ", ".join(map(str, list(classes)[:5]))
        return cls(
            f"{model} was fitted on the classes {given}; fit it on 0 (stayed) and 1 (churned)"
        )

    @classmethod
    def from_nothing_beside(cls, name: str, target: str, given: Iterable[str]) -> ModelError:
        """Another estimator has no model of its target to stand beside."""
        return cls(
            f"{name!r} is a model of {target} and there is none to stand beside: "
            f"models were given of {', '.join(given)}; give one of {target}, or leave it out"
        )

    @classmethod
    def from_hazard_alone(cls) -> ModelError:
        """A hazard came without the model of churn at which its curves begin."""
        return cls("a hazard's curves begin at the risk of churn; give the model of churn with it")

    @classmethod
    def from_not_judged(cls, model: str, target: str) -> ModelError:
        """A model is to be logged with the judgement of another."""
        return cls(
            f"{model} is not the model of {target} that was judged; judge it, then log it with that"
        )

    @classmethod
    def from_no_churn(cls) -> ModelError:
        """A judgement without churn, or without its rows, is to be logged with a card."""
        return cls("a card is about churn and this judgement has none; judge a classifier with it")

    @classmethod
    def from_no_definition(cls) -> ModelError:
        """A card cannot say what is predicted."""
        return cls(
            "a card says what is predicted and these labels have no definition; give "
            "Snapshots.from_frame(frame, targets=[cl.Churn(…)])"
        )

    @classmethod
    def from_no_models(cls, run: str) -> ModelError:
        """A run holds figures and a card, and no model of churnlab."""
        return cls(
            f"{run} stores no model: what was judged is of another library; fit one of churnlab's, "
            "judge and log it"
        )

    @classmethod
    def from_no_prediction(cls, model: str, reason: str) -> ModelError:
        """An estimator of another library cannot predict for the rows; `reason` is its message."""
        return cls(
            f"{model} cannot predict for these rows: {' '.join(reason.split())[:300]}; give it "
            "the columns and kinds of values it was fitted on, in a pipeline that fills gaps"
        )

    @classmethod
    def from_not_additive(cls, worst: float) -> ModelError:
        """SHAP values do not add up to the model's score, so they do not explain it."""
        return cls(
            f"SHAP values and base differ from the model's score by up to {worst:.1e}; "
            "the explanation was not given, check the versions of shap and lightgbm"
        )
