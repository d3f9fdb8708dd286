#!/bin/sh
# Goes through all steps of this example in a folder of its own, and prints what each of them did.
#
#     ./run.sh [--small] [FOLDER]        FOLDER is run/ beside this file, and must not be there yet
#
# Needs tamis (TAMIS=path, else on PATH; a release build takes a minute) and python3, which plays the people.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
small=
if [ "${1:-}" = --small ]; then small=yes; shift; fi
run=${1:-$here/run}
TAMIS=${TAMIS:-tamis}
export TAMIS
if [ -e "$run" ]; then echo "$run is there already" >&2; exit 2; fi
mkdir -p "$run"
cp -R "$here/docs" "$here/raw" "$here/steps" "$here/people.py" "$run"
cd "$run"
if [ "$small" ]; then
    python3 people.py small
    sed -i.bak '/^gates = /d; /^goals = /d' steps/*.toml # so few pictures show nothing
fi

build() {
    echo "== $1"
    cp "steps/$1.toml" dataset.toml
    "$TAMIS" build > "log-$1.txt" 2>&1 || { cat "log-$1.txt" >&2; exit 1; }
    tail -n 3 "log-$1.txt"
}

build 01-collect
build 02-first-labels
python3 people.py row 02-first-labels "three annotators, guideline 1.0"
mkdir before && cp out/first/jsonl/*.jsonl before/ && rm -r out/first
build 03-guideline
python3 people.py row 03-guideline "guideline 1.1, labelled again"
build 04-label-errors
python3 people.py answer
build 04-label-errors
python3 people.py row 04-label-errors "an expert looked at the most doubtful pictures"
build 05-augment
python3 people.py row 05-augment "mirrored and turned pictures"
build 06-release
"$TAMIS" report --out report.html > /dev/null
"$TAMIS" verify out/public > /dev/null
echo
python3 people.py table | tee table.txt
