"""Helps a Python script to be a step of a tamis project. It needs nothing but Python 3.8 or later.

Put this file beside the script and name it in `files`:

    [transform.tags]
    run = ["python3", "steps/tags.py"]
    files = ["steps/tamis_step.py"]
    reads = ["caption"]
    writes = { tags = { list = { of = "text" } } }
    drops = ["short"]

    # steps/tags.py
    from tamis_step import drop, run

    def tags(row):
        words = row["caption"].split()
        return {"tags": words} if words else drop("short")

    run(tags)

`row` is a dict of the columns of `reads`, and `id`. The answer is a dict of all columns of `writes`; None is a value that
is unknown. Instead of it `drop(reason)` drops the sample, and `bear(columns, children)` also makes new ones.
`run(partition=f)` gives `f` a list of rows at once and wants a list of as many answers, in the same order.

An answer must depend on its row alone (on its rows, for a partition): tamis remembers it, and asks again only when the row,
the script or another of its files has changed. What is printed goes to the standard error, where tamis shows it if the
step fails. To try a step without tamis, give it lines of JSON: `python3 steps/tags.py < rows.jsonl`.

What passes through the pipes, a line of JSON each. tamis asks:

    {"$tamis": 1, "$rows": 2}
    {"id": "a", "caption": "a cat"}
    {"id": "b", "caption": ""}

and is answered, row by row and in the same order, before it asks again:

    {"id": "a", "tags": ["a", "cat"], "$bear": [{"$key": "1", "tags": []}]}
    {"id": "b", "$drop": "short"}
    {"$rows": 2}

The input ends when nothing is left to do.
"""

import itertools
import json
import sys
import traceback

__all__ = ["bear", "drop", "run"]

VERSION = 1

_out = sys.stdout.buffer
sys.stdout = sys.stderr  # what a script prints must not stand among the answers
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


def drop(reason):
    """Drops the sample; the reason is one of `drops`."""
    return {"$drop": reason}


def bear(columns, children):
    """Gives the sample its columns and makes new ones of it. `children` has a dict of columns for each key; columns that
    are not in it are the parent's. Needs `bears = true`."""
    born = [{"$key": str(key), **own} for key, own in children.items()]
    return {**columns, "$bear": born}


def run(row=None, *, partition=None):
    """Answers until the input ends, with a function of a row or with one of a list of rows."""
    if (row is None) == (partition is None):
        raise TypeError("run(f) for a function of a row, run(partition=f) for one of a list of rows")
    lines = open(0, "rb", buffering=1 << 20, closefd=False)
    first = lines.readline()
    if not first:
        return
    header = _rows_to_come(first)
    if header is None:  # plain lines of JSON: somebody tries the step by hand
        _write(_answers(row, partition, [first, *lines.readlines()] if partition else _chain(first, lines)))
        return
    while header is not None:
        question = list(itertools.islice(lines, header))
        if len(question) < header:
            return  # nobody waits for the answer any more
        answers = list(_answers(row, partition, question))
        answers.append(b'{"$rows": %d}\n' % len(answers))
        _write(answers)
        line = lines.readline()
        header = _rows_to_come(line) if line else None


def _chain(first, lines):
    yield first
    yield from lines


def _write(answers):
    _out.writelines(answers)
    _out.flush()


def _rows_to_come(line):
    """How many rows follow; None if the line is a row itself."""
    header = json.loads(line)
    if "$rows" not in header:
        return None
    if header.get("$tamis") != VERSION:
        sys.exit(f"tamis_step: these lines are of version {header.get('$tamis')}, this file knows {VERSION}")
    return header["$rows"]


def _answers(row, partition, lines):
    if partition is not None:
        rows = [_decode(str(line, "utf-8")) for line in lines]
        ids = [r["id"] for r in rows]
        try:
            given = list(partition(rows))
        except Exception:
            _fail(f"{len(ids)} samples from {ids[0]!r} on" if ids else "no sample")
        if len(given) != len(ids):
            sys.exit(f"tamis_step: {len(ids)} rows were given and {len(given)} answered")
        for id, answer in zip(ids, given):
            yield _line(id, answer)
        return
    for line in lines:
        own = _decode(str(line, "utf-8"))
        id = own["id"]
        try:
            answer = row(own)
        except Exception:
            _fail(f"the sample {id!r}")
        yield _line(id, answer)


def _line(id, answer):
    try:
        return (_encode({"id": id, **answer}) + "\n").encode()
    except Exception:
        _fail(f"the answer for the sample {id!r}")


def _fail(where):
    traceback.print_exc(limit=-8)
    sys.exit(f"tamis_step: this happened at {where}")
