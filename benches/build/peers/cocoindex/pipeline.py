"""Each file of raw/ becomes a file of out/, unless it is too short. The function is memoized by its code and what it is given."""
import json
import os
import pathlib

import cocoindex as coco
from cocoindex.connectors import localfs


@coco.fn(memo=True)
async def tag(file, out, least):
    # counts words
    row = json.loads(await file.read_text())
    text = row["text"]
    with open(os.environ["PEERS_LOG"], "a") as log:
        log.write("1\n")
    words = len(text.split())
    if words >= least:
        out.declare_file(f"{row['id']}.json", json.dumps({"id": row["id"], "words": words}) + "\n")


@coco.fn
async def main(raw, out, least):
    target = await localfs.mount_dir_target(out)
    await coco.mount_each(tag, localfs.walk_dir(raw).items(), target, least)


least = json.loads(pathlib.Path("params.json").read_text())["least"]
app = coco.App(coco.AppConfig(name="peers"), main, raw=pathlib.Path("raw"), out=pathlib.Path("out"), least=least)
app.update_blocking()
