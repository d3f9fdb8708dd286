#!/usr/bin/env bash
# Makes a Debian package of a binary: packaging/deb.sh [BINARY]. Without one, that of `cargo build --release --features released` is taken.
set -euo pipefail
cd "$(dirname "$0")/.."
binary="${1:-target/release/tamis}"
[ -x "$binary" ] || { echo "$binary is not there: cargo build --release --locked --features released" >&2; exit 3; }
version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)"
arch="$(dpkg --print-architecture)"
root="$(mktemp -d)"
trap 'rm -rf "$root"' EXIT
install -D -m 0755 "$binary" "$root/usr/bin/tamis"
strip --strip-unneeded "$root/usr/bin/tamis" 2>/dev/null || true
install -d "$root/usr/share/doc/tamis" "$root/usr/share/man/man1" "$root/DEBIAN"
{ cat <<TEXT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tamis

Files: *
License: Apache-2.0 or MIT

TEXT
cat LICENSE-MIT; } > "$root/usr/share/doc/tamis/copyright"
gzip -9nc CHANGELOG.md > "$root/usr/share/doc/tamis/changelog.gz"
"$binary" man | gzip -9nc > "$root/usr/share/man/man1/tamis.1.gz"
for shell in bash zsh fish; do
    case $shell in
        bash) place=usr/share/bash-completion/completions/tamis ;;
        zsh) place=usr/share/zsh/vendor-completions/_tamis ;;
        fish) place=usr/share/fish/vendor_completions.d/tamis.fish ;;
    esac
    install -d "$root/$(dirname "$place")"
    "$binary" completions "$shell" > "$root/$place"
done
# the least C library that the symbols of the binary ask for; none of a static one
least="$(objdump -T "$root/usr/bin/tamis" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -1 || true)"
depends="${least:+libc6 (>= $least)}"
# how panics unwind, where it is not in the binary
objdump -p "$root/usr/bin/tamis" 2>/dev/null | grep 'NEEDED *libgcc_s.so.1' > /dev/null && depends="${depends:+$depends, }libgcc-s1"
cat > "$root/DEBIAN/control" <<TEXT
Package: tamis
Version: $version
Architecture: $arch
Section: science
Priority: optional
${depends:+Depends: $depends
}Installed-Size: $(du -k -s "$root/usr" | cut -f1)
Maintainer: the authors of tamis <tamis@localhost>
Description: declarative, dataset-as-code build system
 Collects, cleans, labels, splits and releases data sets as one
 dataset.toml says, and builds again only what changed.
TEXT
find "$root" -type d -exec chmod 0755 {} +
find "$root/usr" -type f ! -path '*/bin/*' -exec chmod 0644 {} +
mkdir -p target/packages
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-0}" dpkg-deb --root-owner-group --build "$root" "target/packages/tamis_${version}_$arch.deb"
dpkg-deb --info "target/packages/tamis_${version}_$arch.deb"
