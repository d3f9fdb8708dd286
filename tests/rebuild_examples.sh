#!/usr/bin/env bash
# Freezes a release of each example in a repository of its own, commits it, and lets `tamis rebuild-check` build it again from there.
#   tests/rebuild_examples.sh TAMIS EXAMPLE:RELEASE...
set -euo pipefail
tamis=$(realpath "$1")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_STATE_HOME="$work/state" GIT_CONFIG_GLOBAL=/dev/null
commit() {
    git -C "$1" add --all
    git -C "$1" -c user.name=tamis -c user.email=tamis@example.org commit --quiet --message "$2"
}
for word in "$@"; do
    example=${word%%:*} release=${word##*:}
    copy="$work/$(basename "$example")"
    mkdir "$copy"
    tar -C "$example" --exclude=./.tamis --exclude=./out --exclude=./releases -cf - . | tar -C "$copy" -xf -
    printf '/.tamis/\n/out/\n/releases/\n' > "$copy/.gitignore"
    git -C "$copy" init --quiet
    commit "$copy" sources
    if grep -q '^\[transform\.' "$copy/dataset.toml"; then "$tamis" -C "$copy" trust --yes; fi
    "$tamis" -C "$copy" --quiet release "$release"
    commit "$copy" release
    version=$(sed -n 's/^version = "\([^"]*\)".*/\1/p' "$copy/dataset.toml" | head -n 1)
    "$tamis" -C "$copy" --quiet rebuild-check "$release@$version"
done
