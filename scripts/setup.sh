#!/usr/bin/env bash
# Makes ready what a make target needs, and nothing twice.
#   scripts/setup.sh venv     a .venv with the pinned dependencies and s3pipes itself (without its module)
#   scripts/setup.sh bench    nginx, and .venv-bench: the peers of the benchmark on top of .venv
#   scripts/setup.sh integrations   .venv-integrations: what others bring, on top of .venv
#   scripts/setup.sh fuzz     a clang with libFuzzer
# PYTHON chooses the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# install WHAT-FOR PACKAGE...: through apt when it may, otherwise one line that names the packages.
install() {
    local purpose=$1
    shift
    if command -v apt-get >/dev/null && as_root true 2>/dev/null; then
        say "installing $* ($purpose)"
        { as_root apt-get update -qq && as_root apt-get install -qq -y "$@" >/dev/null; } ||
            fail "apt could not install, for $purpose: $*"
    else
        fail "missing $purpose. Please install, then try again: $*  (Debian, Ubuntu: sudo apt-get install $*)"
    fi
}

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            # The base interpreter: python3 may be that of an activated .venv.
            "$name" -c 'import sys; print(getattr(sys, "_base_executable", None) or sys.executable)'
            return
        fi
    done
    return 1
}

compiles() { # compiles COMPILER FLAGS SOURCE
    printf '%b' "$3" | "$1" $2 -x c++ - -o /dev/null 2>/dev/null
}

system_packages() { # system_packages PYTHON
    local missing=() version
    version=python$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    "$1" -c 'import ensurepip, venv' 2>/dev/null || missing+=("$version-venv")
    "$1" -c 'import os, sysconfig
raise SystemExit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' ||
        missing+=("$version-dev")
    compiles "${CXX:-c++}" "-std=c++20 -fcoroutines -fsyntax-only" '#include <coroutine>\n' ||
        missing+=(g++)
    [ -e /usr/include/openssl/ssl.h ] || compiles "${CXX:-c++}" -fsyntax-only '#include <openssl/ssl.h>\n' ||
        missing+=(libssl-dev)
    [ -e /usr/include/expat.h ] || compiles "${CXX:-c++}" -fsyntax-only '#include <expat.h>\n' ||
        missing+=(libexpat1-dev)
    [ ${#missing[@]} = 0 ] || install "what the native build needs" "${missing[@]}"
}

setup_venv() {
    local python made wanted
    if ! python=$(find_python); then
        [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is no Python 3.10 or newer"
        install "Python 3.10 or newer" python3 python3-venv python3-dev
        python=$(find_python) || fail "This system's Python is older than 3.10."
    fi
    made=$("$python" -c 'import sys; print(sys.base_prefix, sys.version)'; pwd)
    wanted=$(echo "$made"; sha256sum pyproject.toml constraints.txt)
    # Running it proves that the .venv is whole: its Python may have been removed or updated.
    if .venv/bin/python -c 'from importlib.util import find_spec
raise SystemExit(not all(map(find_spec, ("torch", "boto3", "moto", "nanobind", "mypy"))))' 2>/dev/null &&
        [ "$wanted" = "$(cat .venv/ready 2>/dev/null)" ]; then
        return
    fi
    system_packages "$python"
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1 ||
        [ "$made" != "$(cat .venv/made 2>/dev/null)" ]; then
        [ ! -e .venv ] || say "making .venv anew: it is broken, or of another Python or folder"
        rm -rf .venv
        "$python" -m venv .venv
        printf '%s\n' "$made" >.venv/made
    fi
    say "installing the pinned Python dependencies (torch is large: minutes at first)"
    local pip=(.venv/bin/python -m pip install -qq -c constraints.txt)
    "${pip[@]}" --upgrade pip
    "${pip[@]}" --group build --group check
    # Python files in place, no compiling: the module is built beside them by scripts/build.sh.
    "${pip[@]}" --no-build-isolation -C wheel.cmake=false -C editable.mode=inplace \
        -e '.[demo,test]'
    printf '%s\n' "$wanted" >.venv/ready
}

# on_top FOLDER WHAT-IT-IS-MADE-OF PIP-ARGUMENTS...: a .venv that sees all of .venv below its own.
on_top() {
    local folder=$1 wanted=$2 below above
    shift 2
    [ "$wanted" != "$(cat "$folder/ready" 2>/dev/null)" ] || return 0
    say "installing into $folder: $*"
    rm -rf "$folder"
    .venv/bin/python -m venv "$folder"
    below=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    above=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "import site; site.addsitedir('$below')" >"$above/below.pth"
    "$folder/bin/python" -m pip install -qq "$@"
    printf '%s\n' "$wanted" >"$folder/ready"
}

# Apart, since aioboto3 pins an older botocore than s3pipes is tested with.
setup_bench() {
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] ||
        install "the benchmark's server" nginx-light
    on_top .venv-bench "$(cat .venv/made benchmarks/requirements.txt)" -r benchmarks/requirements.txt
}

# Apart, since what is installed there changes torch (dill) and s3pipes is not to need it.
setup_integrations() {
    local extra
    # The extra's names alone: s3pipes itself is in .venv, and must not be built again.
    mapfile -t extra < <(.venv/bin/python -c 'from importlib.metadata import requires
from re import match
for line in requires("s3pipes") or ():
    if "extra == " in line and "integrations" in line:
        print(match(r"[\w.-]+", line)[0])')
    [ ${#extra[@]} -gt 0 ] || fail "s3pipes in .venv has no extra named integrations"
    on_top .venv-integrations "$(cat .venv/ready)" -c constraints.txt "${extra[@]}"
}

fuzzer_compiles() {
    compiles "$1" "-std=c++20 -fsanitize=fuzzer,address" \
        '#include <string>\nextern "C" int LLVMFuzzerTestOneInput(const unsigned char*, std::size_t) { return 0; }\n'
}

# Prints the name of a clang that links libFuzzer.
find_fuzzing_clang() {
    local name
    for name in clang++ clang++-{22,21,20,19,18,17,16,15,14}; do
        if command -v "$name" >/dev/null && fuzzer_compiles "$name"; then
            echo "$name"
            return
        fi
    done
    return 1
}

setup_fuzz() {
    find_fuzzing_clang >/dev/null || install "libFuzzer" clang llvm
    find_fuzzing_clang || fail "This clang has no libFuzzer. Debian, Ubuntu: apt install libclang-rt-dev"
}

case "${1:-}" in
    venv) setup_venv ;;
    bench) setup_venv && setup_bench ;;
    integrations) setup_venv && setup_integrations ;;
    fuzz) setup_fuzz ;;
    *) fail "usage: scripts/setup.sh venv|bench|integrations|fuzz" ;;
esac
