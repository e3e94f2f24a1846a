#!/usr/bin/env bash
# Runs every fuzz target for a while; what they learn is kept in build/fuzz/corpus.
#   scripts/fuzz.sh SECONDS
set -euo pipefail
cd "$(dirname "$0")/.."
clang=$(scripts/setup.sh fuzz | tail -n 1)
CXX=$clang scripts/build.sh fuzz -DCMAKE_BUILD_TYPE=Debug -DS3PIPES_FUZZ=ON
for target in build/fuzz/*_fuzz; do
    [ -x "$target" ] || { echo "no fuzz target was built" >&2; exit 1; }
    name=${target##*/}
    echo "== $name, $1 s"
    mkdir -p "build/fuzz/corpus/$name"
    if ! "$target" -max_total_time="$1" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1; then
        tail -n 60 "build/fuzz/$name.log"
        echo "$name failed; its input is build/fuzz/$name-*" >&2
        exit 1
    fi
    grep -E '^stat::(number_of_executed_units|average_exec_per_sec)' "build/fuzz/$name.log"
done
