"""Guesses of what a log's columns and events mean, by their names and types.

A guess is a place to start: every one is marked as such in the file that `churnlab init` writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import pandas as pd

from churnlab.errors import ConfigError
from churnlab.events.addresses import scheme_of
from churnlab.events.presets import PRESETS

ROWS = 20_000
FEW = 500  # distinct names that a column of event names has at most
DAY = "{day}"
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# fmt: off
_READERS = {".parquet": "read_parquet", ".csv": "read_csv_auto", ".tsv": "read_csv_auto",
            ".json": "read_json_auto", ".jsonl": "read_json_auto",
            ".ndjson": "read_json_auto"}
_PACKED = (".gz", ".zst", ".bz2")
NAMES: Mapping[str, tuple[str, ...]] = {
    "user": ("userid", "user", "customerid", "customer", "uid", "memberid", "accountid", "clientid",
             "playerid", "visitorid", "personid", "distinctid", "householdid", "householdkey",
             "userpseudoid", "buyerid", "subscriberid", "cid", "用户id", "用户", "会员id"),
    "time": ("ts", "time", "timestamp", "eventtime", "eventtimestamp", "datetime", "occurredat",
             "createdat", "eventdate", "date", "day", "invoicedate", "transactiondate", "时间",
             "日期"),
    "event": ("event", "eventname", "eventtype", "action", "actiontype", "activity", "activitytype",
              "behaviortype", "behavior", "verb", "type", "name", "kind", "事件", "行为"),
    "amount": ("amount", "revenue", "spend", "sales", "salesvalue", "total", "totalprice", "price",
               "value", "payment", "paid", "money", "金额"),
    "event_id": ("eventid", "insertid", "messageid"),
}
# Words of an event's name and the role that it may have; the first that fits.
_ROLE_WORDS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("refund", ("refund", "return", "chargeback", "退款", "退货")),
    ("push_opened", ("push_open", "notification_open", "push_click", "email_open", "push_tap")),
    ("push_sent", ("push_sent", "push_send", "notification_sent", "email_sent", "push_delivered",
                   "notification_receive", "campaign_received", "push_received", "^push$")),
    ("social_received", ("like_received", "comment_received", "follow_received", "mention",
                         "_received$", "liked_by", "followed_by")),
    ("onboarding", ("onboard", "tutorial", "signup", "sign_up", "register", "first_open", "注册")),
    ("purchase", ("purchase", "order", "checkout_complete", "payment", "paid", "transaction",
                  "^buy", "购买", "支付", "下单")),
    ("social", ("comment", "^like", "share", "follow", "post_create", "reply", "message_sent",
                "评论", "点赞", "分享")),
    ("open", ("app_open", "session_start", "login", "log_in", "^open$", "^open_app", "launch",
              "登录", "打开")),
    ("content", ("view", "open_", "read", "watch", "play", "search", "scroll", "listen", "click",
                 "browse", "浏览", "搜索")),
)
# fmt: on
_RECEIPT = re.compile(r"(received|_sent|delivered|granted|awarded|given|expired)$")
Confirm = Callable[[str, str | None, Sequence[str]], str]


@dataclass(frozen=True)
class Shape:
    """What the columns of a log are: those of [log], and the preset of a known export.

    `guessed` names what nobody said; `columns` are all that there are, `path` as the file names it.
    """

    path: str
    columns: tuple[str, ...]
    chosen: Mapping[str, str]
    guessed: frozenset[str]
    preset: str | None = None


def place_of_log(given: str) -> str:
    """The path of a log: of a folder its files, with `{day}` where each file is one day.

    >>> place_of_log("events/{day}.parquet"), place_of_log("postgresql://host/app")
    ('events/{day}.parquet', 'postgresql://host/app')
    """
    if scheme_of(given) or DAY in given:
        return given
    path = Path(given)
    if not path.is_dir():
        return given
    files = sorted(f for f in path.iterdir() if f.is_file() and _ending(f.name) in _READERS)
    if not files:
        raise ConfigError.from_range("LOG", given, f"a folder of {', '.join(_READERS)} files")
    by_day = {_ISO_DAY.sub(DAY, f.name, count=1) for f in files}
    if len(by_day) == 1 and DAY in next(iter(by_day)):
        return str(path / by_day.pop())
    return str(path / f"*{''.join(files[0].suffixes)}")


def sample_of(path: str) -> pd.DataFrame | None:
    """The first rows of the newest file of a log; None where only its reader knows, as a database.

    Raises ConfigError where no file is there, or it cannot be looked into.
    """
    if scheme_of(path) or _ending(path) not in _READERS:
        return None
    files = sorted(glob(path.replace(DAY, "*"), recursive=True))
    if not files:
        raise ConfigError.from_range("LOG", path, "the path of files that exist")
    import duckdb  # a quarter of a second

    try:
        with duckdb.connect() as connection:
            reader = _READERS[_ending(path)]
            found = connection.execute(f"select * from {reader}(?) limit {ROWS}", [files[-1]])
            return _flat(found.df())
    except duckdb.Error as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigError.from_no_look(files[-1], reason) from None


def _ending(name: str) -> str:
    """The ending of a file, without that of its packing."""
    suffixes = [s for s in Path(name).suffixes if s not in _PACKED]
    return suffixes[-1].lower() if suffixes else ""


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns with the fields of structures as `outer.inner`, as a log names them."""
    parts = []
    for name in frame:
        column = frame[name]
        first = next((v for v in column if isinstance(v, dict)), None)
        if first is None:
            parts.append(column)
            continue
        for key in first:
            inner = [v.get(key) if isinstance(v, dict) else None for v in column]
            parts.append(pd.Series(inner, name=f"{name}.{key}"))
    return pd.concat(parts, axis=1) if parts else frame


def shape_of(
    path: str, sample: pd.DataFrame | None, said: Mapping[str, str], preset: str | None = None
) -> Shape:
    """What the columns are: what was `said` of them, a preset that fits, and else guesses.

    Raises ConfigError for a column that is not there, and where one that is needed is not known.
    """
    columns = () if sample is None else tuple(map(str, sample.columns))
    for option, column in said.items():
        if columns and column not in columns:
            raise ConfigError.from_unknown(
                f"column for --{option.replace('_', '-')}", column, columns
            )
    if sample is None:
        return Shape(path, columns, dict(said), frozenset(), preset)
    preset = preset or (None if said else fitting_preset(columns))
    if preset is not None:
        return Shape(path, columns, dict(said), frozenset(), preset)
    chosen, guessed = dict(said), set()
    for option in ("user", "time", "event", "amount", "event_id"):
        rest = sample[[c for c in columns if c not in chosen.values()]]
        found = None if option in chosen else _guess(option, rest)
        if found is not None:
            chosen[option] = found
            guessed.add(option)
    lacks = [option for option in ("user", "time", "event") if option not in chosen]
    if lacks:
        raise ConfigError.from_no_columns(lacks, columns)
    return Shape(path, columns, chosen, frozenset(guessed))


def fitting_preset(columns: Iterable[str]) -> str | None:
    """The known export that has such columns; None without one.

    >>> fitting_preset(["user_pseudo_id", "event_timestamp", "event_name", "platform"])
    'ga4'
    """
    there = set(columns)
    for name, preset in PRESETS.items():
        options = preset.options
        needed = {options.get(o) for o in ("user", "time", "event", "event_id")} - {None}
        if needed <= there and (name != "segment_warehouse" or "received_at" in there):
            return name
    return None


def _guess(option: str, frame: pd.DataFrame) -> str | None:
    """The column that an option may name: by its name, and by a type that fits."""
    plain = {re.sub(r"[\W_]+", "", str(name)).lower(): str(name) for name in frame}
    for name in NAMES[option]:
        if name in plain and _FITS[option](frame[plain[name]]):
            return plain[name]
    if option == "time":
        kinds = [str(c) for c in frame if pd.api.types.is_datetime64_any_dtype(frame[c])]
        return kinds[0] if kinds else None
    if option == "user":
        ids = [str(c) for c in frame if str(c).lower().endswith("id") and _is_id(frame[c])]
        return ids[0] if ids else None
    return None


def _is_id(column: pd.Series) -> bool:
    return not pd.api.types.is_float_dtype(column) and not _is_moment(column)


def _is_moment(column: pd.Series) -> bool:
    return pd.api.types.is_datetime64_any_dtype(column)


def _is_time(column: pd.Series) -> bool:
    """A column of moments, of dates, of text that is one, or of numbers since 1970."""
    some = column.dropna().head(200)
    if _is_moment(column) or not len(some):
        return _is_moment(column)
    if pd.api.types.is_numeric_dtype(some):
        return time_unit(column) is not None
    return bool(pd.to_datetime(some.astype(str), errors="coerce", format="ISO8601").notna().all())


def time_unit(column: pd.Series) -> str | None:
    """The unit of numbers since 1970 that lie between 1980 and 2100; None for none.

    >>> time_unit(pd.Series([1_772_000_000])), time_unit(pd.Series([1_772_000_000_000_000]))
    ('s', 'us')
    """
    if not pd.api.types.is_numeric_dtype(column) or not column.notna().any():
        return None
    for place, unit in enumerate(("s", "ms", "us", "ns")):
        if 315e6 * 1000**place <= float(column.median()) <= 4.2e9 * 1000**place:
            return unit
    return None


def zone_of(path: str, times: pd.Series) -> str:
    """The zone by whose days the newest file of a log by day was cut: the nearest to UTC.

    >>> zone_of("2026-03-02.csv", pd.Series(pd.to_datetime(["2026-03-01 16:00Z"])))
    'Etc/GMT-8'
    """
    found = _ISO_DAY.search(Path(path).name)
    if found is None or not _is_moment(times):
        return "UTC"
    moments = pd.to_datetime(times.dropna(), utc=True).dt.tz_localize(None)
    for hours in sorted(range(-12, 15), key=abs):
        local = (moments + pd.Timedelta(hours=hours)).dt.strftime("%Y-%m-%d")
        if local.eq(found[0]).all():
            return f"Etc/GMT{-hours:+d}" if hours else "UTC"  # its signs are turned round
    return "UTC"


def newest_of(path: str) -> str:
    """The newest file of a path or pattern; the path itself without one."""
    files = sorted(glob(path.replace(DAY, "*"), recursive=True))
    return files[-1] if files else path


def _is_name(column: pd.Series) -> bool:
    return not _is_moment(column) and 0 < column.nunique() <= min(FEW, max(len(column) // 2, 2))


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


_FITS: Mapping[str, Callable[[pd.Series], bool]] = {
    "user": _is_id,
    "time": _is_time,
    "event": _is_name,
    "amount": _is_number,
    "event_id": _is_id,
}


def roles_of(events: Iterable[str]) -> dict[str, list[str]]:
    """The role that each event may have by its name; events that no word fits are left out.

    >>> roles_of(["purchase", "push_sent", "view_post", "xyz"])
    {'push_sent': ['push_sent'], 'purchase': ['purchase'], 'content': ['view_post']}
    """
    found: dict[str, list[str]] = {}
    for event in events:
        role = _role_of(event)
        if role is not None:
            found.setdefault(role, []).append(event)
    order = [role for role, _ in _ROLE_WORDS]
    return {role: found[role] for role in order if role in found}


def _role_of(event: str) -> str | None:
    plain = re.sub(r"[\s\-.]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", event)).lower()
    for role, words in _ROLE_WORDS:
        if any(re.search(word, plain) for word in words):
            return role
    return None


def receipts_of(events: Iterable[str]) -> list[str]:
    """Events that may happen to a person, and have no role that says so.

    >>> receipts_of(["badge_awarded", "purchase", "push_sent"])
    ['badge_awarded']
    """
    return [e for e in events if _role_of(e) is None and _RECEIPT.search(e.lower())]
