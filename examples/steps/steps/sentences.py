"""A text of several sentences becomes the first of them, and bears a sample for each of the others."""

import re

from tamis_step import bear, run


def sentences(row):
    first, *others = re.split(r"(?<=[.]) +", row["text"])
    return bear({"text": first}, {n: {"text": text} for n, text in enumerate(others, start=2)})


run(sentences)
