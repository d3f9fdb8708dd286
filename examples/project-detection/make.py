"""Makes raw/ of this example out of BCCD: pictures to label, a test set with an expert's boxes, two rounds of answers of three annotators
who are made up, planted flaws, and gold.json, which the made-up expert of people.py looks into.

    python3 make.py FOLDER_OF_BCCD          # the folder with Annotations/ and JPEGImages/

Nothing is random: a number is drawn from the hash of (seed, who, picture, box, purpose), so the files are the same each time.
"""
import glob
import hashlib
import json
import os
import shutil
import sys
import xml.etree.ElementTree as xml

SEED = 7
LABELLED, TEST = 110, 50
CLASSES = ["RBC", "WBC", "Platelets"]
# how often each annotator misses a box, takes it for another class, and draws it carelessly
ROUND_1 = {"hana": (0.03, 0.01, 0.05), "bada": (0.06, 0.02, 0.08), "sora": (0.06, 0.02, 0.08)}
ROUND_2 = {"hana": (0.02, 0.01, 0.03), "bada": (0.03, 0.01, 0.04), "sora": (0.03, 0.01, 0.04)}
# what bada and sora read into the first guideline: it does not say that a platelet is no cell of its own where it lies on a red one, nor that
# the box of a white cell holds more than its nucleus
PLATELET_AS_RED, NUCLEUS_ALONE = 0.6, 0.7
# what all three get wrong in both rounds: another class, a box beside its cell
HARD_CLASS, HARD_PLACE = 0.08, 0.05


def draw(*of):
    """A number from 0 to 1."""
    digest = hashlib.sha256("\t".join(map(str, (SEED,) + of)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def boxes(path):
    """The boxes of a picture that have an area, 0-based, end exclusive."""
    out = []
    for found in xml.parse(path).getroot().iter("object"):
        at = found.find("bndbox")
        x1, y1, x2, y2 = (int(at.find(k).text) for k in ("xmin", "ymin", "xmax", "ymax"))
        x1, y1 = max(0, x1 - 1), max(0, y1 - 1)
        if x1 < x2 and y1 < y2:
            out.append({"class": found.find("name").text, "x1": x1, "y1": y1, "x2": min(640, x2), "y2": min(480, y2)})
    return out


def moved(box, left, top, right, bottom):
    """With each side moved by a part of the box's width or height; it stays in the picture."""
    w, h = box["x2"] - box["x1"], box["y2"] - box["y1"]
    x1, x2 = max(0, round(box["x1"] + left * w)), min(640, round(box["x2"] + right * w))
    y1, y2 = max(0, round(box["y1"] + top * h)), min(480, round(box["y2"] + bottom * h))
    return {**box, "x1": x1, "y1": y1, "x2": x2, "y2": y2} if x1 < x2 and y1 < y2 else box


def other(name, n, of, who):
    others = [c for c in CLASSES if c != of]
    return others[int(draw(who, name, n, "class") * len(others))]


def answered(round_, habits, annotator, name, gold):
    """What an annotator marks on a picture."""
    misses, swaps, slips = habits[annotator]
    misreads, out = round_ == 1 and annotator != "hana", []
    for n, box in enumerate(gold):
        box = dict(box)
        if draw(annotator, round_, name, n, "miss") < misses:
            continue
        if draw("all", name, n, "hard") < HARD_CLASS:
            box["class"] = other(name, n, box["class"], "all")
        elif draw("all", name, n, "place") < HARD_PLACE:
            x, y = (s if draw("all", name, n, k) < 0.5 else -s for k, s in (("x", 0.35), ("y", 0.3)))
            box = moved(box, x, y, x, y)
        elif misreads and box["class"] == "Platelets" and draw("misread", name, n) < PLATELET_AS_RED:
            box["class"] = "RBC"
        elif misreads and box["class"] == "WBC" and draw("misread", name, n) < NUCLEUS_ALONE:
            box = moved(box, 0.22, 0.22, -0.22, -0.22)
        elif draw(annotator, round_, name, n, "swap") < swaps:
            box["class"] = other(name, n, box["class"], annotator)
        by = 0.18 if draw(annotator, round_, name, n, "slip") < slips else 0.03
        side = lambda k: (2 * draw(annotator, round_, name, n, k) - 1) * by
        out.append(moved(box, side("l"), side("t"), side("r"), side("b")))
    return out


def main():
    here, bccd = os.path.join(os.path.dirname(os.path.abspath(__file__)), "raw"), sys.argv[1]
    gold = {os.path.basename(p)[:-4]: boxes(p) for p in glob.glob(os.path.join(bccd, "Annotations", "*.xml"))}
    names = sorted((n for n in gold if gold[n]), key=lambda n: draw("order", n))
    labelled, test = names[:LABELLED], names[LABELLED : LABELLED + TEST]
    for folder in ("bccd", "expert", "votes"):
        os.makedirs(os.path.join(here, folder), exist_ok=True)
    picture = lambda name: os.path.join(bccd, "JPEGImages", name + ".jpg")
    # copies: two pictures again, and two of the test set, which would be leaks
    again = {f"copy-{n}": name for n, name in enumerate(labelled[:2] + test[:2], 1)}
    for name in labelled:
        shutil.copy(picture(name), os.path.join(here, "bccd", name + ".jpg"))
    for name, of in again.items():
        shutil.copy(picture(of), os.path.join(here, "bccd", name + ".jpg"))
        gold[name] = gold[of]
    with open(os.path.join(here, "expert", "test.jsonl"), "w", encoding="utf-8") as out:
        for name in sorted(test):
            shutil.copy(picture(name), os.path.join(here, "expert", name + ".jpg"))
            out.write(json.dumps({"file_name": name + ".jpg", "part": "test", "gold": gold[name]}) + "\n")
    own = sorted(labelled) + sorted(again)
    with open(os.path.join(here, "gold.json"), "w", encoding="utf-8") as out:
        json.dump({name: gold[name] for name in own}, out)
    for round_, habits in [(1, ROUND_1), (2, ROUND_2)]:
        with open(os.path.join(here, "votes", f"round-{round_}.jsonl"), "w", encoding="utf-8") as out:
            for name in own:
                for annotator in sorted(habits):
                    label = answered(round_, habits, annotator, name, gold[name])
                    out.write(json.dumps({"item": name, "annotator": annotator, "label": label}) + "\n")


if __name__ == "__main__":
    main()
