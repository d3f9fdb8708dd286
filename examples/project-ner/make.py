"""Makes raw/ of this example out of KLUE-NER's development set: sentences to label, sentences that nobody has labelled yet, a test set with
KLUE's own labels, two rounds of answers of three annotators who are made up, planted flaws, and gold.jsonl, which the made-up expert
of people.py looks into.

    python3 make.py klue-ner-v1.1_dev.tsv

Nothing is random: a number is drawn from the hash of (seed, who, sentence, span, purpose), so the files are the same each time.
"""
import hashlib
import json
import os
import sys
import unicodedata

SEED = 7
LABELLED, POOL, TEST = 800, 500, 500
CLASSES = ["PS", "LC", "OG", "DT", "TI", "QT"]
# how often each annotator misses a span, takes it for another class, and is off by one character at its end
ROUND_1 = {"hana": (0.03, 0.02, 0.04), "bada": (0.06, 0.04, 0.06), "sora": (0.06, 0.04, 0.06)}
ROUND_2 = {"hana": (0.02, 0.02, 0.03), "bada": (0.03, 0.03, 0.04), "sora": (0.03, 0.03, 0.04)}
# what bada and sora read into the first guideline, which does not say where a place ends and a body begins, nor whether a stretch
# of time is an amount: of these spans so many get the other class
MISREAD = {"LC": ("OG", 0.6), "DT": ("QT", 0.5)}
# what all three get wrong in both rounds
HARD = 0.07

EMAIL = "문의는 kim.minji@example.com 으로 보내 주세요."
FLAWS = [
    ("made-email-1", EMAIL),
    ("made-phone-1", "예약은 010-0000-1234 로 전화하면 된다고 김민지 씨가 말했다."),
    ("made-short-1", "음"),
    ("made-symbols-1", "... ... ... ##### ... ..."),
    ("made-spaces-1", "  이순신은\u3000\u3000전라도에   있었다. "),
]


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


def other(name, n, of, who):
    others = [c for c in CLASSES if c != of]
    return others[int(draw(who, name, n, "class") * len(others))]


def answered(round_, habits, annotator, name, text, gold):
    """What an annotator says of a sentence."""
    misses, swaps, slips = habits[annotator]
    out = []
    for n, span in enumerate(gold):
        span = dict(span)
        if draw(annotator, round_, name, n, "miss") < misses:
            continue
        misread, often = MISREAD.get(span["class"], (None, 0))
        if draw("all", name, n, "hard") < HARD:
            span["class"] = other(name, n, span["class"], "all")
        elif round_ == 1 and annotator != "hana" and draw("misread", name, n) < often:
            span["class"] = misread
        elif draw(annotator, round_, name, n, "swap") < swaps:
            span["class"] = other(name, n, span["class"], annotator)
        if draw(annotator, round_, name, n, "slip") < slips and span["end"] < len(text):
            span["end"] += 1
        out.append(span)
    return out


def write(path, lines):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "raw", path)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)


def line(**of):
    return json.dumps(of, ensure_ascii=False) + "\n"


def main():
    plain = lambda t: " ".join(t.split()) == t and unicodedata.normalize("NFC", t) == t
    own = [s for s in sentences(sys.argv[1]) if plain(s[1]) and 10 <= len(s[1]) <= 120]
    own.sort(key=lambda s: draw("order", s[0]))
    labelled, rest = own[:LABELLED], own[LABELLED:]
    pool, test = rest[:POOL], rest[POOL : POOL + TEST]
    # copies: six of the sentences to label again, and four of the test set, which would be leaks
    copies = [(f"copy-{n}", text, gold) for n, (_, text, gold) in enumerate(labelled[:6] + test[:4], 1)]
    write("klue/texts.jsonl", [line(id=i, text=t) for i, t, _ in labelled + pool + copies])
    write("expert/test.jsonl", [line(id=i, text=t, gold=g, part="test") for i, t, g in test])
    write("made/texts.jsonl", [line(id=i, text=t) for i, t in FLAWS])
    write("gold.jsonl", [line(id=i, label=g) for i, _, g in labelled + pool + copies])
    for round_, habits in [(1, ROUND_1), (2, ROUND_2)]:
        votes = ["item,annotator,label\n"]
        for name, text, gold in labelled + copies:
            for annotator in sorted(habits):
                answer = json.dumps(answered(round_, habits, annotator, name, text, gold), separators=(",", ":"))
                votes.append(f'{name},{annotator},"{answer.replace(chr(34), chr(34) * 2)}"\n')
        write(f"votes/round-{round_}.csv", votes)


if __name__ == "__main__":
    main()
