"""Writes cases.json: boxes of random images, and what pycocotools 2.0.11 says of them.

    python3 -m venv v && v/bin/pip install pycocotools==2.0.11 numpy && v/bin/python make.py > cases.json

Coordinates are whole or half pixels and many scores are equal, so that ties of overlaps and of scores are met; some boxes stand for
crowds, and areas lie on the borders 32 x 32 and 96 x 96. Everything is made here and belongs to nobody.
"""
import contextlib
import io
import json
import random

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def case(seed):
    r = random.Random(seed)
    classes = r.randint(1, 3)
    side = r.choice([20, 60, 200])
    images = []
    for _ in range(r.randint(1, 4)):
        gt, dt = [], []
        for _ in range(r.randint(0, 4)):
            w, h = r.choice([(32, 32), (96, 96)]) if r.random() < 0.2 else (r.randint(1, side), r.randint(1, side))
            area = w * h if r.random() < 0.7 else r.randint(1, w * h)
            gt.append([r.randrange(classes), r.randint(0, side), r.randint(0, side), w, h, area, int(r.random() < 0.15)])
        for _ in range(r.randint(0, 6)):
            if gt and r.random() < 0.7:
                g = r.choice(gt)
                by = lambda: r.choice([0, 0, 0.5, 1, -1, 2, -3])
                box = [g[1] + by(), g[2] + by(), max(1, g[3] + by()), max(1, g[4] + by())]
                klass = g[0] if r.random() < 0.9 else r.randrange(classes)
            else:
                box = [r.randint(0, side), r.randint(0, side), r.randint(1, side), r.randint(1, side)]
                klass = r.randrange(classes)
            dt.append([klass, *box, r.choice([0.25, 0.5, 0.5, 0.75, 0.875, round(r.random(), 3)])])
        images.append({"gt": gt, "dt": dt})
    return classes, images


def scored(classes, images):
    anns, dets = [], []
    for i, image in enumerate(images, 1):
        for c, x, y, w, h, area, crowd in image["gt"]:
            anns.append({"id": len(anns) + 1, "image_id": i, "category_id": c + 1, "bbox": [x, y, w, h], "area": area, "iscrowd": crowd})
        for c, x, y, w, h, score in image["dt"]:
            dets.append({"image_id": i, "category_id": c + 1, "bbox": [x, y, w, h], "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO()
        gt.dataset = {
            "info": {}, "images": [{"id": i + 1} for i in range(len(images))], "annotations": anns,
            "categories": [{"id": c + 1, "name": str(c)} for c in range(classes)],
        }
        gt.createIndex()
        if dets:
            dt = gt.loadRes(dets)
        else:
            dt = COCO()
            dt.dataset = {**gt.dataset, "annotations": []}
            dt.createIndex()
        e = COCOeval(gt, dt, "bbox")
        e.evaluate()
        e.accumulate()
        e.summarize()
    by_class = []
    for k in range(classes):
        p = e.eval["precision"][:, :, k, 0, 2]
        p = p[p > -1]
        by_class.append(float(np.mean(p)) if p.size else -1.0)
    return [float(x) for x in e.stats], by_class


out = []
for seed in range(1000):
    classes, images = case(seed)
    stats, by_class = scored(classes, images)
    digits = lambda of: [round(x, 12) for x in of]
    out.append({"seed": seed, "classes": classes, "images": images, "stats": digits(stats), "by_class": digits(by_class)})
print('{"cases":[')
print(",\n".join(json.dumps(c, separators=(",", ":")) for c in out))
print("]}")
