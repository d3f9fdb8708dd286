#!/usr/bin/env python3
"""What `[clean.label_errors]` of boxes is worth: boxes that it tells are reviewed, and as many at random, over several seeds.

usage: python3 benches/box_errors.py TAMIS BCCD [SEEDS=5]
  BCCD is the folder with Annotations, ImageSets and JPEGImages;   ROOT=/tmp/tamis-box-errors SHARE=0.2

A share of the boxes of `trainval` is damaged, a third of the damaged ones each way: taken out, moved by a quarter to a half of its sides,
given another class. `windows` learns of them, and is tested on the boxes of `test` as they are. Then a person looks at as many places in
three ways, and each time a model is learned anew: `told`, the places that findings tell; `random`, given boxes at random; `pictures`, all
boxes of the pictures of the lowest `label_quality`. Damage within a place (IoU .5) is mended; of a whole picture all of it is. Told for each
seed are the share of the damage that was mended and the mAP50; then means, and of the differences from `random` the interval of 95 %
(Student's t over the seeds).
"""
import glob
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import xml.etree.ElementTree as ET

if len(sys.argv) < 3:
    sys.exit(__doc__)
tamis, data = os.path.realpath(shutil.which(sys.argv[1]) or sys.argv[1]), os.path.realpath(sys.argv[2])
seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
root, share = os.environ.get("ROOT", "/tmp/tamis-box-errors"), float(os.environ.get("SHARE", 0.2))
CLASSES, WAYS = ["RBC", "WBC", "Platelets"], ["told", "pictures", "random"]
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 8: 2.365, 10: 2.262}

MANIFEST = """tamis = "0.1"
[dataset]
name = "boxes"
version = "0.1.0"
license = "MIT"
[collect.cells]
direct = { images = ["raw/*.jpg"], files = ["raw/boxes.json"], format = "coco" }
id = "stem"
license = "MIT"
[collect.cells.sheet]
table = { files = ["raw/parts.jsonl"], format = "jsonl" }
fields = { part = "part" }
[preprocess]
[label.cells]
task = "object_detection"
classes = ["RBC", "WBC", "Platelets"]
from.given = { column = "objects" }
[split]
ratios = { train = 1.0, test = 0.0 }
given = "part"
[train.base]
task = "cells"
model = { kind = "windows" }
folds = 4
resamples = 20
"""
DOUBTS = """[clean.label_errors]
task = "cells"
from = "train.base"
action = "flag"
sure = 0.8
[release.all]
formats = ["jsonl"]
columns = ["id", "label_quality.cells"]
"""


def gold():
    out = {}
    for part in ["trainval", "test"]:
        for name in open(f"{data}/ImageSets/Main/{part}.txt").read().split():
            boxes = []
            for of in ET.parse(f"{data}/Annotations/{name}.xml").getroot().iter("object"):
                x1, y1, x2, y2 = (int(of.find("bndbox/" + k).text) for k in ("xmin", "ymin", "xmax", "ymax"))
                if x1 < x2 and y1 < y2:
                    boxes.append((of.find("name").text, [x1 - 1, y1 - 1, x2, y2]))
            out[name] = (part, boxes)
    return out


def damaged(boxes, rng):
    """The boxes that are given, and what was done to which: (kind, box as given or as it was, box as it was)."""
    given, done = [], []
    for name, at in boxes:
        was = (name, at)
        kind = rng.choice(["overlooked", "badly_located", "swapped"]) if rng.random() < share else None
        if kind == "badly_located":
            w, h = at[2] - at[0], at[3] - at[1]
            dx, dy = (s * rng.uniform(0.25, 0.5) * rng.choice([-1, 1]) for s in (w, h))
            dx, dy = max(-at[0], min(dx, 640 - at[2])), max(-at[1], min(dy, 480 - at[3]))
            at = [at[0] + dx, at[1] + dy, at[2] + dx, at[3] + dy]
        elif kind == "swapped":
            name = rng.choice([c for c in CLASSES if c != name])
        if kind:
            done.append((kind, (name, at), was))
        if kind != "overlooked":
            given.append((name, at))
    return given, done


def project(folder, pictures, manifest):
    os.makedirs(f"{folder}/raw", exist_ok=True)
    images, boxes = [], []
    for n, (name, (part, own)) in enumerate(pictures.items(), 1):
        images.append({"id": n, "file_name": f"{name}.jpg", "width": 640, "height": 480})
        for c, (x1, y1, x2, y2) in own:
            box = [x1, y1, x2 - x1, y2 - y1]
            boxes.append({"id": len(boxes) + 1, "image_id": n, "category_id": CLASSES.index(c) + 1, "bbox": box})
        if not os.path.exists(f"{folder}/raw/{name}.jpg"):
            shutil.copyfile(f"{data}/JPEGImages/{name}.jpg", f"{folder}/raw/{name}.jpg")
    kinds = [{"id": n, "name": c} for n, c in enumerate(CLASSES, 1)]
    with open(f"{folder}/raw/boxes.json", "w") as out:
        json.dump({"images": images, "annotations": boxes, "categories": kinds}, out)
    with open(f"{folder}/raw/parts.jsonl", "w") as out:
        for name, (part, _) in pictures.items():
            out.write(json.dumps({"file_name": f"{name}.jpg", "part": "test" if part == "test" else "train"}) + "\n")
    with open(f"{folder}/dataset.toml", "w") as out:
        out.write(manifest)


def run(folder, *args):
    done = subprocess.run([tamis, "-C", folder, *args], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"tamis {' '.join(args)}: {done.stdout}{done.stderr}")
    return done.stdout


def score(folder, pictures):
    """The mAP50 of a model that learned of these boxes; its parts are not asked for."""
    project(folder, pictures, MANIFEST)
    run(folder, "build", "train.base")
    return float(re.search(r"^ *map50 +([0-9.]+)", run(folder, "show", "train.base"), re.M).group(1))


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    area = lambda x: (x[2] - x[0]) * (x[3] - x[1])
    return w * h / (area(a) + area(b) - w * h)


def told_places(folder):
    """The places of each picture that findings tell, with their kinds."""
    out = {}
    for row in run(folder, "show", "clean.label_errors", "--findings", "--limit", "1000000").splitlines():
        found = re.match(r"\s*(\S+) .*finding label\.(overlooked|badly_located|swapped) .*?at \[([0-9, -]+)\]", row)
        if found:
            out.setdefault(found.group(1), []).append((found.group(2), [float(x) for x in found.group(3).split(",")]))
    return out


def reviewed(given, done, places):
    """The boxes of a picture after somebody has looked at these places, and how much was mended."""
    given, mended = list(given), 0
    for kind, now, was in done:
        if any(iou(now[1], at) >= 0.5 for at in places):
            mended += 1
            given = [box for box in given if kind == "overlooked" or box != now] + [was]
    return given, mended


def interval(of):
    mean, n = statistics.mean(of), len(of)
    half = STUDENT.get(n, 1.96) * statistics.stdev(of) / n**0.5 if n > 1 else float("nan")
    return f"{mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}]"


truth = gold()
learned = [name for name, (part, _) in truth.items() if part == "trainval"]
rows, right = [], {}
for seed in range(seeds):
    rng = random.Random(seed)
    pictures, done = {}, {}
    for name, (part, boxes) in truth.items():
        given, done[name] = (boxes, []) if part == "test" else damaged(boxes, rng)
        pictures[name] = (part, given)
    first, folder = f"{root}/{seed}-first", f"{root}/{seed}"
    for old in (first, folder):
        shutil.rmtree(old, ignore_errors=True)
    project(first, pictures, MANIFEST + DOUBTS)
    run(first, "build")
    quality = {}
    for path in glob.glob(f"{first}/out/all/jsonl/*.jsonl"):
        for line in open(path):
            row = json.loads(line)
            quality[row["id"]] = row["label_quality_cells"]
    findings = {name: of for name, of in told_places(first).items() if name in set(learned)}
    for name, of in findings.items():
        for kind, at in of:
            n, hits = right.get(kind, (0, 0))
            right[kind] = (n + 1, hits + any(k == kind and iou(at, now[1]) >= 0.5 for k, now, _ in done[name]))
    places = {"told": {name: [at for _, at in of] for name, of in findings.items()}, "pictures": {}, "random": {}}
    budget = sum(map(len, findings.values()))
    all_boxes = [(name, at) for name in learned for _, at in pictures[name][1]]
    for name, at in rng.sample(all_boxes, min(budget, len(all_boxes))):
        places["random"].setdefault(name, []).append(at)
    looked = 0
    for name in sorted(learned, key=lambda name: (quality.get(name) is None, quality.get(name), name)):
        if looked < budget:
            looked += len(pictures[name][1])
            places["pictures"][name] = [now[1] for _, now, _ in done[name]]
    faults = sum(len(done[name]) for name in learned)
    row = {"seed": seed, "boxes": len(all_boxes), "damage": faults, "looked at": budget}
    row |= {"damaged": score(folder, pictures), "clean": score(folder, truth)}
    for way in WAYS:
        after, mended = dict(pictures), 0
        for name, own in places[way].items():
            boxes, n = reviewed(pictures[name][1], done[name], own)
            after[name], mended = (pictures[name][0], boxes), mended + n
        row[way], row[f"{way} mended"] = score(folder, after), mended / faults
    rows.append(row)
    print(json.dumps({k: round(v, 4) for k, v in row.items()}), flush=True)

mean = lambda key: statistics.mean(row[key] for row in rows)
print(f"\n{seeds} seeds; {mean('boxes'):.0f} boxes, {mean('damage'):.0f} damaged or taken out, {mean('looked at'):.0f} places looked at")
print(f"mAP50 of the boxes as they were {mean('clean'):.4f}, damaged {mean('damaged'):.4f}")
print("| looked at | damage mended | mAP50 | better than at random [95 %] |")
print("|---|---|---|---|")
for way in WAYS:
    gain = interval([row[way] - row["random"] for row in rows]) if way != "random" else "-"
    print(f"| {way} | {mean(way + ' mended'):.3f} | {mean(way):.4f} | {gain} |")
for kind, (n, hits) in sorted(right.items()):
    print(f"{kind}: {n} told, {hits / n:.3f} of them damaged so")
