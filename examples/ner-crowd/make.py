"""Makes raw/ of this example: the first 200 sentences of KLUE-NER's development set, and the answers of three
annotators, who are made up: their labels are KLUE's with seeded mistakes.

    python3 make.py klue-ner-v1.1_dev.tsv

Nothing is random: a number is drawn from the hash of (seed, annotator, sentence, span, purpose), so the files are the
same each time.
"""
import hashlib
import json
import os
import sys

SENTENCES = 200
SEED = 1
CLASSES = ["PS", "LC", "OG", "DT", "TI", "QT"]
# how often each annotator misses a span, takes it for another class, and is off by one character at its end
ANNOTATORS = {"haneul": (0.03, 0.03, 0.03), "byeol": (0.08, 0.08, 0.08), "bada": (0.22, 0.15, 0.18)}


def draw(*of):
    """A number from 0 to 1."""
    digest = hashlib.sha256("\t".join(map(str, (SEED,) + of)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def sentences(path):
    """(id, text, spans) of each sentence; spans are objects with class, start and end in characters."""
    name, text, tags = None, "", []
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("##"):
            name = line[2:].split("\t")[0].strip()
        elif "\t" in line:
            char, tag = line.split("\t")
            text, tags = text + char, tags + [tag]
        elif tags:
            yield name, text, spans(tags)
            text, tags = "", []
    if tags:
        yield name, text, spans(tags)


def spans(tags):
    out = []
    for at, tag in enumerate(tags):
        if tag.startswith("B-"):
            out.append({"class": tag[2:], "start": at, "end": at + 1})
        elif tag.startswith("I-") and out and out[-1]["end"] == at:
            out[-1]["end"] = at + 1
    return out


def answered(annotator, name, text, gold):
    """What an annotator says of a sentence."""
    misses, swaps, slips = ANNOTATORS[annotator]
    out = []
    for n, span in enumerate(gold):
        span = dict(span)
        if draw(annotator, name, n, "miss") < misses:
            continue
        if draw(annotator, name, n, "swap") < swaps:
            others = [c for c in CLASSES if c != span["class"]]
            span["class"] = others[int(draw(annotator, name, n, "class") * len(others))]
        if draw(annotator, name, n, "slip") < slips and span["end"] < len(text):
            span["end"] += 1
        out.append(span)
    return out


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    texts, votes, gold = [], ["item,annotator,label\n"], []
    chosen = [s for s in sentences(sys.argv[1]) if s[2]][:SENTENCES]
    for name, text, own in chosen:
        texts.append(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")
        gold.append(json.dumps({"id": name, "label": own}, ensure_ascii=False) + "\n")
        for annotator in sorted(ANNOTATORS):
            label = json.dumps(answered(annotator, name, text, own)).replace('"', '""')
            votes.append(f'{name},{annotator},"{label}"\n')
    for path, lines in [("texts.jsonl", texts), ("votes.csv", votes), ("gold.jsonl", gold)]:
        with open(os.path.join(here, "raw", path), "w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)


if __name__ == "__main__":
    main()
