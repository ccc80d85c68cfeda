"""Value: who is worth most and why, what channels bring for their cost, which traffic is real."""

from churnlab.value.acquired import Arrivals
from churnlab.value.channels import channels
from churnlab.value.channels_found import ChannelValue
from churnlab.value.clusters import clusters
from churnlab.value.clusters_found import ValueClusters
from churnlab.value.traffic import traffic
from churnlab.value.traffic_found import Traffic
from churnlab.value.traffic_rules import TrafficRules

__all__ = [
    "Arrivals",
    "ChannelValue",
    "Traffic",
    "TrafficRules",
    "ValueClusters",
    "channels",
    "clusters",
    "traffic",
]
