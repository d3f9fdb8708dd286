#!/usr/bin/env bash
# Reads the release of examples/detection with readers that bring gigabytes, and so are not run with the tests:
# torchvision (COCO, and folders of classes) and ultralytics (its converter from COCO); then what
# tests/peers/label_tools.py makes with datumaro and the converter of Label Studio. `benches/readers.sh FOLDER`, a
# release with COCO files, or with an image folder whose images lie in folders of their classes.
set -euo pipefail
folder="${1:-examples/detection/out/public}"
venv="${VENV:-target/readers}"
[ -d "$venv" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check torch torchvision ultralytics pycocotools
"$venv/bin/python" - "$folder" <<'PYTHON'
import json
import sys
import tempfile
from pathlib import Path

from torchvision.datasets import CocoDetection, ImageFolder
from ultralytics.data.converter import convert_coco

folder = Path(sys.argv[1])
want_boxes = 0
rows = {split: entry["rows"] for split, entry in json.loads((folder / "release.json").read_text())["splits"].items()}
for split, want in rows.items():
    own = folder / "images" / split
    if own.is_dir() and any(path.is_dir() for path in own.iterdir()):
        data = ImageFolder(str(own))
        print(f"torchvision {split}: {len(data)} images in folders of {', '.join(data.classes)}")
        assert len(data) == want, (len(data), want)
    file = folder / "coco" / f"instances_{split}.json"
    if not file.exists():
        continue
    data = CocoDetection(str(folder / "images"), str(file))
    boxes = sum(len(target) for _, target in data)
    print(f"torchvision {split}: {len(data)} images, {boxes} boxes")
    assert len(data) == want, (len(data), want)
    want_boxes += boxes
with tempfile.TemporaryDirectory() as out:
    if not (folder / "coco").is_dir():
        sys.exit()
    convert_coco(labels_dir=str(folder / "coco"), save_dir=f"{out}/yolo", use_segments=False, cls91to80=False)
    files = list(Path(out).rglob("*.txt"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    print(f"ultralytics: {len(files)} files of labels, {len(lines)} boxes")
    assert len(lines) == want_boxes, (len(lines), want_boxes)
PYTHON

# datumaro and the converter of Label Studio, in an environment of their own: OpenCV and their like take more than a minute to come
labels="$venv-labels"
[ -d "$labels" ] || python3 -m venv "$labels"
"$labels/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/peers/requirements-labels.txt
"$labels/bin/python" tests/peers/label_tools.py "${TAMIS:-target/debug/tamis}" target/label-tools
