#!/usr/bin/env bash
# Tries a wheel as a user would: packaging/try_wheel.sh WHEEL [--datasets]. Works in a temporary folder; needs no Rust.
set -euo pipefail
wheel="$(realpath "$1")"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv clean
start=$(date +%s)
clean/bin/pip install --quiet --disable-pip-version-check "$wheel"
export PATH="$folder/clean/bin:$PATH"
[ "$(command -v tamis)" = "$folder/clean/bin/tamis" ] # the one of the wheel, and no other
tamis --version
python -m tamis --version
tamis new x --template ner
tamis -C x build
tamis -C x release public
tamis verify x/releases/public-0.1.0
python - <<'PYTHON'
import tamis

release = tamis.open("x/releases/public-0.1.0")
row = next(row for row in release["train"] if row["label_entities"])
print(repr(release))
print([(span.label, span.of(row["text"])) for span in row["label_entities"]])
print(release.verify().demand())
PYTHON
took=$(($(date +%s) - start))
echo "from pip install to rows: $took s"
[ "$took" -lt 60 ] || { echo "that is more than a minute" >&2; exit 1; }
if command -v uvx > uvx.txt; then
    uvx --offline --no-cache --from "$wheel" tamis --version
else
    echo "uvx is not there: not tried"
fi
if [ "${2:-}" = --datasets ]; then
    pip install --quiet --disable-pip-version-check datasets
    HF_HUB_OFFLINE=1 HF_HOME="$folder/cache" python - <<'PYTHON'
from datasets import load_dataset

loaded = load_dataset("x/releases/public-0.1.0")
print({split: loaded[split].num_rows for split in loaded}, loaded["train"].features)
PYTHON
fi
