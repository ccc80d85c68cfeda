"""Value: who is worth most and why, what channels bring for their cost, which traffic is real."""

from churnlab.value.clusters import clusters
from churnlab.value.clusters_found import ValueClusters

__all__ = ["ValueClusters", "clusters"]
