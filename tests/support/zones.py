"""Days around which the clocks of some zones change."""

from __future__ import annotations

from datetime import datetime

TURNS = {
    "America/New_York": [datetime(2026, 3, 8), datetime(2026, 11, 1)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4), datetime(2026, 10, 3)],
    "America/Havana": [datetime(2026, 3, 8), datetime(2026, 11, 1)],
    "America/St_Johns": [datetime(2010, 11, 7), datetime(2010, 3, 14)],
    "Africa/Casablanca": [datetime(2026, 2, 15), datetime(2026, 3, 22)],
    "Pacific/Apia": [datetime(2011, 12, 30)],
    "Pacific/Kwajalein": [datetime(1993, 8, 21)],
    "Asia/Kolkata": [datetime(1945, 10, 14)],
    "Europe/Dublin": [datetime(1971, 10, 31)],
    "America/Santiago": [datetime(2026, 4, 5), datetime(2026, 9, 6)],
    "Africa/Monrovia": [datetime(1972, 1, 7)],
}
