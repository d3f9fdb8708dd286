"""Tries `tamis new --from` on folders of annotations: eleven that datumaro writes here, four laid out as ultralytics has them, and one of SQuAD.

    pip install -r tests/peers/requirements-labels.txt
    python tests/peers/label_folders.py target/debug/tamis WORK [FOLDER ...]

WORK is made anew. Each folder becomes a project and is built without an edit. What the build releases is read with pycocotools where it is COCO, else as
lines of JSON, and held against what was drawn: how many pictures and annotations there are, and how many pixels masks and outlines cover.
Prints a line per folder, and exits with 1 if one is not as it must be. Touches no network."""

import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import datumaro as dm
import numpy as np
from datumaro.components import annotation as an
from datumaro.components.media import Image
from PIL import Image as Picture
from pycocotools.coco import COCO

CLASSES = ["cat", "dog"]
SIZES = [(40, 30), (25, 50), (32, 32), (64, 20), (48, 48), (21, 34)]
# nothing lies on each third picture, one object on the next, two on the one behind
OBJECTS = [(n, k) for n in range(len(SIZES)) for k in range(n % 3)]


def split(n):
    return "val" if n % 3 == 2 else "train"


def pixels(n):
    width, height = SIZES[n]
    return np.random.default_rng(n).integers(0, 255, (height, width, 3), dtype=np.uint8)


def place(k):
    return 2 + 3 * k, 1 + 2 * k


def ring(k):
    x, y = place(k)
    return [x, y, x + 10, y, x + 8, y + 9, x + 1, y + 7]


def drawn(kind, n, k):
    (x, y), number, label = place(k), n * 10 + k + 1, (n + k) % 2
    own = {"label": label, "id": number, "group": number}
    if kind == "box":
        return [an.Bbox(x, y, 10, 8, **own)]
    if kind == "outline":
        return [an.Polygon(ring(k), **own)]
    if kind == "points":
        return [an.Points([x + 1, y + 1, x + 5, y + 5], [2, 1], **own), an.Bbox(x, y, 10, 8, **own)]
    width, height = SIZES[n]
    mask = np.zeros((height, width), dtype=bool)
    mask[y : y + 6, x : x + 7] = True
    mask[y + 2 : y + 4, x + 2 : x + 4] = False
    return [an.Mask(mask, **own)]


def said(kind, n):
    if kind == "class":
        return [an.Label(n % 2)]
    if kind == "caption":
        return [an.Caption(f"picture {n}"), an.Caption(f"seen {n}")]
    return [one for m, k in OBJECTS if m == n for one in drawn(kind, n, k)]


def datumaro(layout, kind):
    def make(folder):
        known = {an.AnnotationType.label: an.LabelCategories.from_iterable(CLASSES)}
        if kind == "points":
            joined = [(n, ["nose", "tail"], [(1, 2)]) for n in range(2)]
            known[an.AnnotationType.points] = an.PointsCategories.from_iterable(joined)
        items = [
            dm.DatasetItem(
                id=f"p{n}", subset=split(n), media=Image.from_numpy(pixels(n).astype(np.float32)), annotations=said(kind, n)
            )
            for n in range(len(SIZES))
        ]
        dm.Dataset.from_iterable(items, categories=known).export(str(folder), layout, save_media=True)

    return make


def ultralytics(line, more=""):
    """Pictures and labels by split; a picture without anything has no file of labels, as ultralytics takes it."""

    def make(folder):
        for n, (width, height) in enumerate(SIZES):
            for name in ["images", "labels"]:
                (folder / name / split(n)).mkdir(parents=True, exist_ok=True)
            Picture.fromarray(pixels(n)).save(folder / "images" / split(n) / f"im{n}.jpg")
            share = [f"{(n + k) % 2} " + line(place(k), width, height) for m, k in OBJECTS if m == n]
            if share:
                (folder / "labels" / split(n) / f"im{n}.txt").write_text("\n".join(share) + "\n")
        names = "names:\n  0: cat\n  1: dog\n"
        (folder / "data.yaml").write_text(f"path: ../sets/x\ntrain: images/train\nval: images/val\n{more}{names}")

    return make


def shares(points, width, height):
    return " ".join(f"{x / width:.6f} {y / height:.6f}" for x, y in points)


def middle(at, width, height):
    return shares([(at[0] + 5, at[1] + 4), (10, 8)], width, height)


def outline(at, width, height):
    x, y = at
    return shares([(x, y), (x + 10, y), (x + 8, y + 8), (x + 1, y + 7), (x, y + 3)], width, height)


def turned(at, width, height):
    x, y = at
    return shares([(x, y + 2), (x + 8, y), (x + 9, y + 5), (x + 1, y + 7)], width, height)


def pose(at, width, height):
    nose, tail = (shares([(at[0] + far, at[1] + far)], width, height) for far in [1, 5])
    return f"{middle(at, width, height)} {nose} 2 {tail} 1"


def squad(folder):
    def asked(t, p, q):
        none = q == 2
        answers = [] if none else [{"text": "Kim", "answer_start": 12}]
        return {"id": f"{t}-{p}-{q}", "question": f"Who {q}?", "is_impossible": none, "answers": answers}

    def text(t, p):
        return {"context": f"Text {t} {p} of Kim \U0001f60a and Lee.", "qas": [asked(t, p, q) for q in range(3)]}

    articles = [{"title": f"T{t}", "paragraphs": [text(t, p) for p in range(2)]} for t in range(4)]
    for part, own in [("train", articles[:3]), ("dev", articles[3:])]:
        (folder / f"{part}-v2.0.json").write_text(json.dumps({"version": "v2.0", "data": own}, ensure_ascii=False))


# Each with the task that must be proposed, and how many samples and annotations there must be.
WITH, ALL = sum(n % 3 > 0 for n in range(len(SIZES))), len(SIZES)
FOLDERS = {
    "coco": (datumaro("coco_instances", "box"), "object_detection", ALL, len(OBJECTS)),
    "coco_outlines": (datumaro("coco_instances", "outline"), "instance_segmentation", ALL, len(OBJECTS)),
    "coco_masks": (datumaro("coco_instances", "mask"), "masks", ALL, len(OBJECTS)),
    "coco_points": (datumaro("coco_person_keypoints", "points"), "keypoints", ALL, len(OBJECTS)),
    "coco_captions": (datumaro("coco_captions", "caption"), "answer", ALL, 2 * ALL),
    # neither says which pictures nothing lies on: nobody looked, `new` asks
    "voc": (datumaro("voc_detection", "box"), "object_detection", WITH, len(OBJECTS)),
    "yolo": (datumaro("yolo", "box"), "object_detection", ALL, len(OBJECTS)),
    "yolo_ultralytics": (datumaro("yolo_ultralytics", "box"), "object_detection", ALL, len(OBJECTS)),
    "cvat": (datumaro("cvat", "box"), "object_detection", ALL, len(OBJECTS)),
    "cvat_outlines": (datumaro("cvat", "outline"), "instance_segmentation", ALL, len(OBJECTS)),
    "imagenet": (datumaro("imagenet", "class"), "classification", ALL, ALL),
    "detect": (ultralytics(middle), "object_detection", WITH, len(OBJECTS)),
    "segment": (ultralytics(outline), "instance_segmentation", WITH, len(OBJECTS)),
    "pose": (ultralytics(pose, "kpt_shape: [2, 3]\n"), "keypoints", WITH, len(OBJECTS)),
    "obb": (ultralytics(turned), "oriented_detection", WITH, len(OBJECTS)),
    "squad": (squad, "answer", 24, 24),
}


def pixels_of(name):
    """How many pixels the drawn masks and outlines cover, as pycocotools counts them."""
    if name == "coco_masks":
        return len(OBJECTS) * (6 * 7 - 2 * 2)
    if name in ["coco_outlines", "cvat_outlines"]:
        from pycocotools import mask

        of = [mask.frPyObjects([ring(k)], SIZES[n][1], SIZES[n][0]) for n, k in OBJECTS]
        return int(sum(mask.area(one).sum() for one in of))
    return None


def coco(files):
    images, annotations, area = 0, 0, 0
    for file in files:
        with contextlib.redirect_stdout(io.StringIO()):
            read = COCO(str(file))
        images, annotations = images + len(read.imgs), annotations + len(read.anns)
        area += sum(int(read.annToMask(a).sum()) for a in read.anns.values() if a.get("segmentation"))
    return images, annotations, area


def lines(out, task, label):
    rows = [json.loads(l) for file in sorted((out / "jsonl").glob("*.jsonl")) for l in file.read_text().splitlines()]
    values = [row[f"label_{label}"] for row in rows]
    if task == "answer":
        # that there is no answer is one, too
        return len(rows), sum(max(len(value["text"]), 1) for value in values)
    return len(rows), sum(len(value) if isinstance(value, list) else 1 for value in values)


def tried(tamis, work, name):
    make, task, samples, annotations = FOLDERS[name]
    folder = work / name
    folder.mkdir(parents=True)
    make(folder)
    for verb in [["new", "--from", "."], ["build"]]:
        done = subprocess.run([tamis, *verb], cwd=folder, capture_output=True, text=True, timeout=600)
        if done.returncode:
            return f"{' '.join(verb)} ended with {done.returncode}: {(done.stdout + done.stderr)[-600:]}"
    manifest = (folder / "dataset.toml").read_text()
    labels = dict((t, l) for l, t in re.findall(r'^\[label\.(\w+)\]\ntask = "(\w+)"', manifest, re.M))
    if task not in labels:
        return f"`{task}` is not proposed: {labels}"
    found = lines(folder / "out/all", task, labels[task])
    if found != (samples, annotations):
        return f"{found} samples and annotations, and not {(samples, annotations)}"
    files = sorted((folder / "out/all/coco").glob("instances_*.json"))
    if files:
        images, of, area = coco(files)
        want = pixels_of(name)
        if (images, of) != (samples, annotations) or want not in [None, area]:
            return f"pycocotools: {(images, of, area)}, and not {(samples, annotations, want)}"
    if samples < ALL and "unlabelled" not in manifest:
        return "pictures without a file are left out, and `new` does not ask about them"
    return None


def main():
    tamis, work = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    shutil.rmtree(work, ignore_errors=True)
    bad = 0
    for name in sys.argv[3:] or FOLDERS:
        wrong = tried(tamis, work, name)
        bad += wrong is not None
        print(f"{name:18} {wrong or 'as drawn'}")
    sys.exit(1 if bad else 0)


main()
