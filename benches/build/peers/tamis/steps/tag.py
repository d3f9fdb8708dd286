import os
import sys

from tamis_step import drop, run

LEAST = int(sys.argv[1])


def tag(row):
    # counts words
    text = row["text"]
    with open(os.environ["PEERS_LOG"], "a") as log:
        log.write("1\n")
    words = len(text.split())
    return {"words": words} if words >= LEAST else drop("short")


run(tag)
