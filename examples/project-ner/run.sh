#!/bin/sh
# Goes through all steps of this example in a folder of its own, and prints what each of them did.
#
#     ./run.sh [--small] [FOLDER]        FOLDER is run/ beside this file, and must not be there yet
#
# Needs tamis (TAMIS=path, else on PATH; a release build takes some minutes) and python3, which plays the people.
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
if [ "$small" ]; then python3 people.py small; fi

build() { # the step, and options
    step=$1; shift
    echo "== $step"
    cp "steps/$step.toml" dataset.toml
    "$TAMIS" build "$@" > "log-$step.txt" 2>&1 || { cat "log-$step.txt" >&2; exit 1; }
    tail -n 3 "log-$step.txt"
}
ask() { # what waits goes to the expert, and comes back; --raw: the annotators' answers may be written
    "$TAMIS" label export ner --tool csv --only queue --raw --out queue.csv > /dev/null
    python3 people.py answer queue.csv
    rm queue.csv
}

build 01-collect
build 02-first-labels
python3 people.py row 02-first-labels "three annotators, guideline 1.0"
mkdir before && cp out/first/jsonl/*.jsonl before/ && rm -r out/first
build 03-guideline
python3 people.py row 03-guideline "guideline 1.1, labelled again"
build 04-label-errors
ask
build 04-label-errors
python3 people.py row 04-label-errors "an expert decided about the most doubtful labels"
build 05-active
ask
build 05-active
python3 people.py row 05-active "an expert labelled what the model knew least of"
build 06-augment
python3 people.py row 06-augment "other names at the places of names"
if [ "$small" ]; then
    sed -i.bak '/^gates = /d' steps/07-release.toml # so few sentences show nothing
fi
build 07-release
"$TAMIS" report --out report.html > /dev/null
"$TAMIS" verify out/public > /dev/null
echo
python3 people.py table | tee table.txt
