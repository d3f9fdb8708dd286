#!/usr/bin/env python3
"""Reads the packages that `tamis label export` writes with the programs that they are made for: datumaro for CVAT, the converter
of label-studio-sdk for Label Studio. Each shape, span, tag and point must be read as it stands in the package.

usage: label_packages.py TAMIS EXAMPLES

The examples `detection` and `ner-crowd` are copied, built and exported; a made project gives each kind of shape to CVAT. Ends with
the number of failures.
"""
import collections
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
import zlib

from datumaro.components.annotation import AnnotationType
from datumaro.components.dataset import Dataset
from label_studio_sdk.converter import Converter, brush

tamis, examples = os.path.realpath(sys.argv[1]), pathlib.Path(sys.argv[2])
failures = 0


def told(what, got, want):
    global failures
    failures += got != want
    print("PASS" if got == want else "FAIL", what, got if got == want else f"{got} instead of {want}")


def run(folder, *args):
    # a gate that fails ends with 1; what is exported stands before it
    done = subprocess.run([tamis, "-C", str(folder), *args], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stdout + done.stderr)


def numbers(text):
    return [round(float(n), 2) for pair in text.split(";") for n in pair.split(",")]


def of_cvat(what, package, pictures):
    """What datumaro reads, beside what stands in the file."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(package, os.path.join(folder, "annotations.xml"))
        shutil.copytree(pictures, os.path.join(folder, "images"))
        data = Dataset.import_from(folder, "cvat")
        names = [c.name for c in data.categories()[AnnotationType.label]]
        got, images = collections.Counter(), 0
        for item in data:
            images += item.media is not None
            for a in item.annotations:
                places = []
                if a.type.name in ("polygon", "points"):
                    places = [round(float(n), 2) for n in a.points]
                elif a.type.name == "bbox":
                    places = [round(float(n), 2) for n in (a.x, a.y, a.x + a.w, a.y + a.h)]
                elif a.type.name == "mask":
                    places = [int(a.image.sum())]
                got[(a.type.name, names[a.label], *places)] += 1
    want, root = collections.Counter(), ET.parse(package).getroot()
    for image in root.iter("image"):
        for mark in image.iter():
            label = mark.get("label")
            if mark.tag == "box" and mark.get("rotation"):
                want[("rotated_bbox", label)] += 1
            elif mark.tag == "box":
                want[("bbox", label, *(round(float(mark.get(k)), 2) for k in ("xtl", "ytl", "xbr", "ybr")))] += 1
            elif mark.tag in ("polygon", "points"):
                want[(mark.tag, label, *numbers(mark.get("points")))] += 1
            elif mark.tag == "mask":
                want[("mask", label, sum(int(n) for n in mark.get("rle").split(",")[1::2]))] += 1
            elif mark.tag == "tag":
                want[("label", label)] += 1
    told(f"{what}: pictures", images, len(list(root.iter("image"))))
    told(f"{what}: shapes", sum(got.values()), sum(want.values()))
    told(f"{what}: shapes that are read otherwise", sum((got - want).values()) + sum((want - got).values()), 0)
    if not want:
        told(f"{what}: something is there", False, True)


def of_label_studio(what, package, config):
    """Predictions as somebody would accept them, through the converter."""
    tasks = json.loads(pathlib.Path(package).read_text())
    for task in tasks:
        first = task["predictions"][0]["result"] if task["predictions"] else []
        task["annotations"] = [{"id": task["id"], "completed_by": {"email": "a@example.org"}, "result": first, "was_cancelled": False}]

    kinds = ("labels", "rectanglelabels", "polygonlabels", "brushlabels", "keypointlabels")

    def places(values):
        keys = ("start", "end", "x", "y", "width", "height", "rotation", "points", "rle")
        labels = lambda v: next((v[k] for k in kinds if v.get(k)), None)
        return sorted(json.dumps([*(v.get(k) for k in keys), labels(v)]) for v in values or [])

    with tempfile.TemporaryDirectory() as folder:
        accepted = os.path.join(folder, "accepted.json")
        pathlib.Path(accepted).write_text(json.dumps(tasks))
        converter = Converter(config=config, project_dir=None, download_resources=False)
        converter.convert_to_json_min(accepted, folder, is_dir=False)
        read = json.loads(pathlib.Path(folder, "result.json").read_text())
    got = {task["sample"]: places((task.get("label") or []) + (task.get("point") or [])) for task in read}
    want = {t["data"]["sample"]: places(r["value"] for r in t["annotations"][0]["result"]) for t in tasks}
    told(f"{what}: regions", sum(map(len, got.values())), sum(map(len, want.values())))
    told(f"{what}: tasks that are read otherwise", sum(got.get(k) != v for k, v in want.items()), 0)
    masks_of_label_studio(what, tasks)


def masks_of_label_studio(what, tasks):
    """Brushes as the converter draws them, beside the pixels that were given."""
    for task in tasks:
        for r in task["annotations"][0]["result"]:
            if r["type"] == "brushlabels":
                image = brush.decode_rle(r["value"]["rle"]).reshape(r["original_height"], r["original_width"], 4)[:, :, 3]
                runs = KINDS["masks"][0]["runs"]
                bits = [i % 2 for i, run in enumerate(runs) for _ in range(run)]
                drawn = [int(v > 0) for column in image.T for v in column]
                told(f"{what}: pixels that are drawn otherwise", sum(a != b for a, b in zip(drawn, bits)) + abs(len(bits) - len(drawn)), 0)


def png(width, height):
    rows = b"".join(b"\0" + bytes((x * 7 + y * 3) % 256 for x in range(width) for _ in range(3)) for y in range(height))
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


KINDS = {
    "instance_segmentation": [{"class": "red", "rings": [[[1, 2], [30, 2], [30, 20]]]},
                              {"class": "a & b", "parts": [[[[1, 30], [9, 30], [9, 39]]], [[[20, 30], [29, 30], [29, 39.25]]]]}],
    "oriented_detection": [{"class": "red", "corners": [[10, 10], [30, 10], [30, 20], [10, 20]]},
                           {"class": "a & b", "corners": [[20, 5], [30, 15], [25, 20], [15, 10]]}],
    "masks": [{"class": "red", "width": 50, "height": 40, "runs": [100, 10, 30, 10, 1850]}],
    "keypoints": [{"class": "red", "points": [[1.5, 2, 2], [0, 0, 0], [30, 20, 1]]}],
    "classification": "red",
    "classes": ["red", "a & b"],
}

MANIFEST = """tamis = "0.1"
[dataset]
name = "made"
version = "0.1.0"
license = "CC0-1.0"
[collect.p]
direct = {{ images = ["raw/*.png"], format = "image_folder" }}
id = "stem"
license = "CC0-1.0"
[preprocess]
[label.d]
task = "{kind}"
classes = ["red", "a & b"]
{more}from.w = {{ files = ["votes.jsonl"] }}
unlabelled = "missing"
[release.all]
formats = ["jsonl"]
columns = ["id", "label.d"]
"""


def made(folder, kind, answer):
    (folder / "raw").mkdir(parents=True)
    for i in range(3):
        (folder / f"raw/p{i}.png").write_bytes(png(50, 40))
    votes = [json.dumps({"item": f"p{i}", "annotator": "kim", "label": answer}) for i in range(2)]
    (folder / "votes.jsonl").write_text("\n".join(votes) + "\n")
    more = 'keypoints = { names = ["nose", "toe", "ear"], skeleton = [[1, 2], [2, 3]] }\n' if kind == "keypoints" else ""
    (folder / "dataset.toml").write_text(MANIFEST.format(kind=kind, more=more))
    run(folder, "build")
    run(folder, "label", "export", "d", "--tool", "cvat")
    of_cvat(f"cvat, {kind}", folder / "tasks/d.xml", folder / "tasks/d")
    if kind in ("instance_segmentation", "oriented_detection", "masks", "keypoints"):
        run(folder, "label", "export", "d", "--tool", "label-studio")
        of_label_studio(f"label studio, {kind}", folder / "tasks/d.json", str(folder / "tasks/d.xml"))


with tempfile.TemporaryDirectory() as root:
    root = pathlib.Path(root)
    shutil.copytree(examples / "detection", root / "detection")
    run(root / "detection", "build")
    run(root / "detection", "label", "export", "cells", "--tool", "cvat", "--out", "tasks/cvat.xml")
    of_cvat("cvat, detection", root / "detection/tasks/cvat.xml", root / "detection/tasks/cvat")
    run(root / "detection", "label", "export", "cells", "--tool", "label-studio")
    of_label_studio("label studio, detection", root / "detection/tasks/cells.json", str(root / "detection/tasks/cells.xml"))
    shutil.copytree(examples / "ner-crowd", root / "ner")
    run(root / "ner", "build")
    run(root / "ner", "label", "export", "ner", "--tool", "label-studio")
    of_label_studio("label studio, ner-crowd", root / "ner/tasks/ner.json", str(root / "ner/tasks/ner.xml"))
    for kind, answer in KINDS.items():
        made(root / kind, kind, answer)
sys.exit(failures)
