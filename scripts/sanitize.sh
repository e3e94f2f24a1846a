#!/usr/bin/env bash
# The native unit tests under AddressSanitizer with UBSan, then under ThreadSanitizer.
set -euo pipefail
cd "$(dirname "$0")/.."

# gcc 12's TSan cannot start under strong address randomisation; without it, it can.
fixed_addresses=()
if setarch "$(uname -m)" -R true 2>/dev/null; then
    fixed_addresses=(setarch "$(uname -m)" -R)
fi

for sanitizer in address thread; do
    echo "== native tests, sanitizer: $sanitizer"
    scripts/build.sh "sanitize-$sanitizer" -DCMAKE_BUILD_TYPE=None -DS3PIPES_MODULE=OFF \
        -DS3PIPES_TESTS=ON "-DS3PIPES_SANITIZE=$sanitizer"
    ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 \
        UBSAN_OPTIONS=print_stacktrace=1 \
        TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:die_after_fork=0 \
        "${fixed_addresses[@]}" "build/sanitize-$sanitizer/native_tests"
done
