"""Presets: the options of a log that a known export fills.

| preset | export | user | time | event | also |
|---|---|---|---|---|---|
| `ga4` | Google Analytics 4 in BigQuery's shape, as Parquet or JSON Lines | `user_pseudo_id` | \
`event_timestamp`, microseconds | `event_name` | `amount`: `ecommerce.purchase_revenue_in_usd`, \
one currency |
| `amplitude` | Amplitude's raw events | `user_id` | `event_time`, text in UTC | `event_type` | \
`event_id`: `$insert_id` |
| `mixpanel` | Mixpanel's raw events | `properties.distinct_id` | `properties.time`, seconds | \
`event` | `event_id`: `properties.$insert_id` |
| `segment` | Segment's track calls as JSON | `userId` | `timestamp` | `event` | `event_id`: \
`messageId` |
| `segment_warehouse` | Segment's table `tracks` | `user_id` | `timestamp`, in UTC | `event` | \
`event_id`: `id` |
| `snowplow` | Snowplow's atomic events | `domain_userid` | `derived_tstamp`, in UTC | \
`event_name` | \
`event_id` |

An option that is given wins over the preset's; None, in churnlab.toml "", takes one away. What a
preset cannot know:

- People before they log in have no `user_id`. Where they are more than `bad_ids` allows, raise it,
  or give another id: `user="user_id"` (ga4, snowplow), `user="amplitude_id"`,
  `user="anonymousId"` (segment).
- The tables of GA4 change for three days: read those days again. A table `events_intraday_…` holds
  events that the day's own table brings once more; the two together are refused.
- Mixpanel's `time` is in UTC for projects made after 2022; older projects count seconds of their
  own time zone.
- Segment's page and identify calls have no `event`: read the track calls alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from churnlab.errors import ConfigError, LogError


@dataclass(frozen=True)
class Preset:
    """The options that an export fills, by name.

    `utc` says that its times without a zone are in UTC, whatever the zone of the local days.
    `day` finds the day in the names of its files, and `draft` those that hold a part of a day.
    """

    options: Mapping[str, Any]
    utc: bool = False
    day: str = ""
    draft: str = ""


PRESETS: Mapping[str, Preset] = {
    "ga4": Preset(
        {
            "user": "user_pseudo_id",
            "time": "event_timestamp",
            "time_unit": "us",
            "event": "event_name",
            "amount": "ecommerce.purchase_revenue_in_usd",
        },
        day=r"events_(?:intraday_)?(\d{8})",
        draft=r"events_intraday_\d{8}",
    ),
    "amplitude": Preset(
        {
            "user": "user_id",
            "time": "event_time",
            "event": "event_type",
            "event_id": "$insert_id",
        },
        utc=True,
    ),
    "mixpanel": Preset(
        {
            "user": "properties.distinct_id",
            "time": "properties.time",
            "time_unit": "s",
            "event": "event",
            "event_id": "properties.$insert_id",
        }
    ),
    "segment": Preset(
        {"user": "userId", "time": "timestamp", "event": "event", "event_id": "messageId"},
        utc=True,
    ),
    "segment_warehouse": Preset(
        {"user": "user_id", "time": "timestamp", "event": "event", "event_id": "id"},
        utc=True,
    ),
    "snowplow": Preset(
        {
            "user": "domain_userid",
            "time": "derived_tstamp",
            "event": "event_name",
            "event_id": "event_id",
        },
        utc=True,
    ),
}


def preset_of(name: str | None) -> Preset:
    """The preset of a name, one without options for None; ConfigError with near names.

    >>> preset_of("ga5")
    Traceback (most recent call last):
    ...
    churnlab.errors.base.ConfigError: unknown preset 'ga5': did you mean 'ga4'?
    """
    if name is None:
        return Preset({})
    if name not in PRESETS:
        raise ConfigError.from_unknown("preset", name, PRESETS)
    return PRESETS[name]


def filled(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with those that their preset fills; given ones win.

    >>> filled({"preset": "segment", "user": "anonymousId", "event_id": ""})
    {'user': 'anonymousId', 'time': 'timestamp', 'event': 'event', 'event_id': None,
     'preset': 'segment'}
    """
    preset = preset_of(options.get("preset"))
    taken_away = {name for name in preset.options if options.get(name, name) == ""}
    return {**preset.options, **options, **dict.fromkeys(taken_away)}


def check_drafts(name: str | None, files: Iterable[str]) -> None:
    """LogError where a file holds a part of a day beside the file of the whole day.

    >>> check_drafts("ga4", ["events_20260301.parquet", "events_intraday_20260302.parquet"])
    """
    preset = preset_of(name)
    if not preset.draft:
        return
    drafts: dict[str, str] = {}
    whole: dict[str, str] = {}
    for file in files:
        day = re.search(preset.day, file)
        if day is not None:
            (drafts if re.search(preset.draft, file) else whole).setdefault(day[1], file)
    for day_text in sorted(drafts.keys() & whole.keys()):
        raise LogError.from_draft(drafts[day_text], whole[day_text])
