#!/usr/bin/env bash
# What the sanitizers find, by part; all parts without an argument.
#   scripts/sanitize.sh native    the native tests under AddressSanitizer and UBSan
#   scripts/sanitize.sh pytest    the tests that pyproject.toml lists as sanitized, likewise
#   scripts/sanitize.sh thread    the native tests under ThreadSanitizer
# PYTEST_ARGS goes to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
address=build/sanitize-address
thread=build/sanitize-thread

section() { printf '\n== %s (%s s so far)\n' "$1" "$SECONDS"; }

# Without a build type's own options: those of cmake/Sanitize.cmake stand, and nothing is stripped.
build() { # build FOLDER SANITIZER [CMake option...]
    scripts/build.sh "${1#build/}" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG= \
        -DS3PIPES_TESTS=ON "-DS3PIPES_SANITIZE=$2" "${@:3}"
}

# One folder for two parts: the module and the native tests are made of the same objects.
build_address() { build "$address" address -DS3PIPES_MODULE=ON -DS3PIPES_INPLACE=OFF; }

native() {
    section "native tests under ASan and UBSan"
    build_address
    ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        "$address/native_tests"
}

library() { "${CXX:-c++}" -print-file-name="$1"; }

# under_asan COMMAND...: with every Python in it importing the sanitized module, reports to files.
under_asan() {
    # libstdc++ too: torch would bring it after ASan has looked for what throws.
    # PYTHONPATH: scripts/sanitized holds a sitecustomize that finds the module.
    # detect_leaks: Python and torch leave much behind.
    # The last two: the bounds of tests that must give way (tests/allowance.py), and by how much.
    env "LD_PRELOAD=$(library libasan.so) $(library libubsan.so) $(library libstdc++.so)" \
        "S3PIPES_SANITIZED_MODULE=$(echo "$PWD/$address"/_native*.so)" \
        "PYTHONPATH=$PWD/scripts/sanitized${PYTHONPATH:+:$PYTHONPATH}" \
        PYTHONMALLOC=malloc \
        "ASAN_OPTIONS=detect_leaks=0:strict_string_checks=1:quarantine_size_mb=64:log_path=$reports/asan" \
        "UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/ubsan" \
        S3PIPES_TEST_SLOWNESS=5 S3PIPES_TEST_EXTRA_MIB=96 \
        "$@"
}

pytests() {
    section "pytest against the module under ASan and UBSan"
    build_address
    # A child's report counts although nobody reads its stderr: so all go to files.
    local reports=$PWD/$address/reports failed=0
    rm -rf "$reports"
    mkdir "$reports"
    under_asan .venv/bin/python scripts/sanitized/planted.py
    grep -q heap-use-after-free "$reports"/* || { echo "ASan sees nothing here"; return 1; }
    rm "$reports"/*
    # shellcheck disable=SC2086 # words
    under_asan .venv/bin/python -m pytest -m sanitized -p no:cacheprovider ${PYTEST_ARGS:-} ||
        failed=1
    if [ -n "$(ls "$reports")" ]; then
        cat "$reports"/*
        failed=1
    fi
    return "$failed"
}

thread() {
    section "native tests under TSan"
    build "$thread" thread -DS3PIPES_MODULE=OFF
    # gcc 12's TSan cannot start under strong address randomisation; without it, it can.
    local fixed_addresses=()
    if setarch "$(uname -m)" -R true 2>/dev/null; then
        fixed_addresses=(setarch "$(uname -m)" -R)
    fi
    TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:die_after_fork=0 \
        "${fixed_addresses[@]}" "$thread/native_tests"
}

[ $# -gt 0 ] || set -- native pytest thread
for part in "$@"; do
    case $part in
        native | thread) "$part" ;;
        pytest) pytests ;;
        *)
            sed -n '2,6s/^# //p' "$0" >&2
            exit 2
            ;;
    esac
done
