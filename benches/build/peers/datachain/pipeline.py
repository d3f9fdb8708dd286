"""A dataset of all files of raw/, and one file of rows. With DELTA=1 as its README has it: files that did not change are skipped."""
import json
import os
import pathlib

import datachain as dc
from datachain import C


def tag(file: dc.File) -> tuple[str, int]:
    # counts words
    row = json.loads(file.read())
    text = row["text"]
    with open(os.environ["PEERS_LOG"], "a") as log:
        log.write("1\n")
    return row["id"], len(text.split())


least = json.loads(pathlib.Path("params.json").read_text())["least"]
chain = (
    dc.read_storage("raw/", update=True, delta=os.environ["DELTA"] == "1")
    .map(tag, output=["id", "words"])
    .filter(C("words") >= least)
    .save("peers")
)
pathlib.Path("out").mkdir(exist_ok=True)
chain.select("id", "words").to_jsonl("out/rows.jsonl")
