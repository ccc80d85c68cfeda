"""Signals: what is computed of a person before a day, each with its unit and its sentence."""

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.featureset import FeatureSet

__all__ = ["Feature", "FeatureBuilder", "FeatureSet"]
