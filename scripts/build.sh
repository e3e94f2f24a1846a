#!/usr/bin/env bash
# Builds the native part into build/NAME; a second call compiles only what changed.
#   scripts/build.sh NAME [CMake option...]
# JOBS sets how many compilers run at once.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
shift
folder=build/$name
python=$PWD/.venv/bin/python
options=(-G Ninja "-DCMAKE_MAKE_PROGRAM=$PWD/.venv/bin/ninja" "-DPython_EXECUTABLE=$python" "$@")

# What the configuration was made from: another .venv, compiler or option asks for a fresh one.
wanted=$(cat .venv/ready; echo "${CXX:-} ${options[*]}")
if [ ! -e "$folder/build.ninja" ] || [ "$wanted" != "$(cat "$folder/ready" 2>/dev/null)" ]; then
    rm -f "$folder/CMakeCache.txt" "$folder/ready"
    .venv/bin/cmake -S . -B "$folder" --log-level=NOTICE "${options[@]}"
    printf '%s\n' "$wanted" >"$folder/ready"
fi
exec .venv/bin/cmake --build "$folder" --parallel "${JOBS:-$(nproc)}"
