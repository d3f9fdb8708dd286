#!/usr/bin/env bash
# Makes a wheel with the command and the package for Python: packaging/wheel.sh here|manylinux|musl
set -euo pipefail
cd "$(dirname "$0")/.."
out="$PWD/target/packages"
arch="${ARCH:-x86_64}"
maturin="${MATURIN:-maturin}"
case "${1:-}" in
    here) options=(--compatibility linux) ;;
    manylinux) options=(--target "$arch-unknown-linux-gnu" --compatibility manylinux2014 --zig) ;;
    musl) options=(--target "$arch-unknown-linux-musl" --compatibility musllinux_1_2 --zig) ;;
    *) echo "packaging/wheel.sh here|manylinux|musl" >&2; exit 2 ;;
esac
mkdir -p "$out"
(cd python && "$maturin" build --release --locked --features released --out "$out" "${options[@]}")
ls -l "$out"/*.whl
