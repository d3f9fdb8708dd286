#!/usr/bin/env bash
# Makes the archive that `cargo binstall` looks for: packaging/archive.sh [TARGET [BINARY]]. Without a binary one is built.
set -euo pipefail
binary="${2:+$(realpath "$2")}"
cd "$(dirname "$0")/.."
target="${1:-$(rustc -vV | sed -n 's/^host: //p')}"
version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)"
name="tamis-$version-$target"
if [ -z "$binary" ]; then
    cargo build --release --locked --features released --target "$target"
    binary="target/$target/release/tamis"
fi
mkdir -p "target/packages/$name"
install -m 0755 "$binary" "target/packages/$name/tamis"
install -m 0644 LICENSE-APACHE LICENSE-MIT README.md "target/packages/$name/"
# the same bytes each time: order, owners and times are fixed
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" -C target/packages -cf - "$name" |
    gzip -9n > "target/packages/$name.tar.gz"
rm -r "target/packages/$name"
(cd target/packages && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
