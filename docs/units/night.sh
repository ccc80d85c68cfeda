#!/bin/sh
# One night: yesterday's events go into the store, then this morning's list is made.
#
#     night.sh [churnlab.toml [2026-08-29]]
#
# 0 and 99 are fine. 4 (registry), 6 (another one is running) and 7 (sink or disk) are tried again
# after NIGHT_PAUSE seconds, NIGHT_TRIES times in all. 2 (configuration), 3 (input), 5 (a guard) and 1
# need a person: trying again would not help.
set -u
config=${1:-/srv/churnlab/churnlab.toml}
today=${2:-$(TZ=${NIGHT_ZONE:-Asia/Shanghai} date +%F)} # the zone of the log's days
yesterday=$(date -d "$today - 1 day" +%F)

try() {
    left=${NIGHT_TRIES:-5}
    while :; do
        churnlab "$@"
        code=$?
        left=$((left - 1))
        case $code in
            0 | 99) return 0 ;;
            4 | 6 | 7) [ "$left" -gt 0 ] || return $code ;;
            *) return $code ;;
        esac
        sleep "${NIGHT_PAUSE:-300}"
    done
}

try update --day "$yesterday" --config "$config" || exit
try score --as-of "$today" --config "$config"
