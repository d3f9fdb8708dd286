"""Reads what tamis writes for label tools with datumaro and with the converter of Label Studio, and compares.

    pip install -r tests/peers/requirements-labels.txt
    python tests/peers/label_tools.py target/debug/tamis WORK

WORK is made anew: two data sets are made up there, one of boxes on pictures and one of spans in texts, and released by tamis. Of boxes the
number, the classes, the sides and the areas must be those that were put in: COCO, CVAT, VOC and YOLO as datumaro reads them. Of spans the places and classes must be those that were put in, as the converter turns them into JSON and
CoNLL. Prints a line per check, and exits with 1 if one failed. Touches no network."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from PIL import Image

CLASSES = ["cat", "dog"]
PICTURES = {
    "a": ((40, 30), [("cat", [1, 2, 10, 8]), ("dog", [20, 5, 15, 20])]),
    "b": ((25, 50), [("dog", [0, 0, 25, 50])]),
    "c": ((32, 32), []),
}
TEXTS = {
    "t1": ("Mina Torv moved to Lund .", [(0, 9, "PER"), (19, 23, "LOC")]),
    "t2": ("It rained .", []),
    "t3": ("\U0001f60a Arlo works in 서울 .", [(2, 6, "PER"), (16, 18, "LOC")]),
}
HEAD = """tamis = "0.1"
[dataset]
name = "peers"
version = "0.1.0"
license = "CC0-1.0"
"""
BOXES = HEAD + """[collect.a]
direct = { images = ["raw/*.png"], files = ["raw/boxes.json"], format = "coco" }
id = "stem"
license = "CC0-1.0"
[preprocess]
[label.animal]
task = "object_detection"
classes = ["cat", "dog"]
from.given = { column = "objects" }
[split]
ratios = { train = 1 }
[release.all]
formats = ["coco", "cvat", "voc", "yolo", "parquet", "image_folder"]
columns = ["id", "image", "label.animal", "split"]
"""
SPANS = HEAD + """[collect.a]
direct = { files = ["raw/texts.jsonl"], format = "jsonl" }
fields = { text = "text", spans = "spans" }
id = "id"
license = "CC0-1.0"
[schema]
text = { text = {} }
[label.ner]
task = "ner"
classes = ["PER", "LOC"]
from.given = { column = "spans" }
[release.all]
formats = ["label_studio", "conll", "jsonl"]
columns = ["id", "text", "label.ner"]
"""
failed = 0


def check(what, got, want):
    global failed
    failed += got != want
    print(f"{'ok  ' if got == want else 'FAIL'}  {what}" + (f": {got}" if got == want else f": got {got}, expected {want}"))


def release(tamis, folder, manifest):
    (folder / "dataset.toml").write_text(manifest)
    done = subprocess.run([tamis, "build"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return folder / "out" / "all"


def boxes(tamis, folder):
    (folder / "raw").mkdir(parents=True)
    images, annotations = [], []
    for n, (name, (size, own)) in enumerate(PICTURES.items(), 1):
        Image.new("RGB", size, (n * 40, 10, 10)).save(folder / "raw" / f"{name}.png")
        images.append({"id": n, "file_name": f"{name}.png", "width": size[0], "height": size[1]})
        for label, box in own:
            annotations.append({"id": len(annotations) + 1, "image_id": n, "category_id": CLASSES.index(label) + 1, "bbox": box,
                                "area": box[2] * box[3], "iscrowd": 0})
    categories = [{"id": n, "name": name} for n, name in enumerate(CLASSES, 1)]
    said = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "raw" / "boxes.json").write_text(json.dumps(said))
    return release(tamis, folder, BOXES)


def told(of):
    """Boxes as (class, rounded sides), in an order of their own."""
    return sorted((label, *(round(float(side), 3) for side in box)) for label, box in of)


def datumaro_reads(out, work):
    import datumaro as dm

    yolo, voc, coco, cvat = work / "yolo", work / "voc", work / "coco", work / "cvat"
    shutil.copytree(out / "images", cvat / "images")
    shutil.copy(out / "cvat" / "train.xml", cvat / "train.xml")
    darknet(out, yolo)
    pascal(out, voc)
    shutil.copytree(out / "coco", coco / "annotations")
    shutil.copytree(out / "images", coco / "images")
    ways = {"coco": (coco / "annotations" / "instances_train.json", "coco_instances"), "cvat": (cvat / "train.xml", "cvat"),
            "voc": (voc, "voc_detection"), "yolo": (yolo, "yolo")}
    for name, (path, form) in ways.items():
        data = dm.Dataset.import_from(str(path), form)
        names = [label.name for label in data.categories()[dm.AnnotationType.label]]
        got, area = {}, 0.0
        for item in data:
            own = [a for a in item.annotations if isinstance(a, dm.Bbox)]
            got[Path(item.id).stem] = told((names[a.label], a.get_bbox()) for a in own)
            area += sum(a.get_area() for a in own)
        # VOC counts pixels from 1, and the last one belongs to the box; datumaro takes its numbers as they stand
        less = int(name == "voc")
        want = {key: told((c, (x + less, y + less, w - less, h - less)) for c, (x, y, w, h) in own)
                for key, (_, own) in PICTURES.items()}
        check(f"datumaro reads the boxes of {name}", got, want)
        check(f"datumaro has the area of {name}", round(area, 2), float(sum(b[3] * b[4] for own in want.values() for b in own)))


def darknet(out, to):
    """The lists that datumaro's reader of YOLO asks for, which Darknet has and Ultralytics has not."""
    shutil.copytree(out / "images" / "train", to / "obj_train_data", ignore=shutil.ignore_patterns("*.jsonl", "*.json"))
    for file in (out / "labels" / "train").glob("*.txt"):
        shutil.copy(file, to / "obj_train_data" / file.name)
    names = sorted(p.name for p in (to / "obj_train_data").glob("*.png"))
    (to / "train.txt").write_text("".join(f"data/obj_train_data/{name}\n" for name in names))
    (to / "obj.names").write_text("".join(f"{name}\n" for name in CLASSES))
    (to / "obj.data").write_text(f"classes = {len(CLASSES)}\ntrain = data/train.txt\nnames = data/obj.names\n")


def pascal(out, to):
    """The folders of VOC: a list of the samples, and the classes, which are not those of 2012."""
    shutil.copytree(out / "voc" / "train", to / "Annotations")
    (to / "ImageSets" / "Main").mkdir(parents=True)
    names = sorted(p.stem for p in (to / "Annotations").glob("*.xml"))
    (to / "ImageSets" / "Main" / "train.txt").write_text("".join(f"{name}\n" for name in names))
    (to / "labelmap.txt").write_text("# label:color_rgb:parts:actions\nbackground:0,0,0::\n" + "".join(
        f"{name}:{n * 9},0,0::\n" for n, name in enumerate(CLASSES, 1)))


def converter(config, file, ways):
    from label_studio_sdk.converter import Converter

    with tempfile.TemporaryDirectory() as work:
        made = Converter(config, work, download_resources=False)
        return {way: convert(made, file, Path(work) / way) for way, convert in ways.items()}


def spans(tamis, folder):
    (folder / "raw").mkdir(parents=True)
    lines = [{"id": name, "text": text, "spans": [{"start": s, "end": e, "class": c} for s, e, c in own]} for name, (text, own) in
             TEXTS.items()]
    (folder / "raw" / "texts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return release(tamis, folder, SPANS)


def label_studio_spans(out):
    config = ('<View><Text name="text" value="$text"/><Labels name="label" toName="text"><Label value="PER"/><Label value="LOC"/>'
              "</Labels></View>")

    def rows(made, file, _):
        return list(made.iter_from_json_file(str(file)))

    def conll(made, file, to):
        made.convert_to_conll2003(str(file), str(to), is_dir=False)
        return next(to.glob("*.conll")).read_text()

    # a file to be taken in has no numbers: Label Studio gives them to tasks when it does
    tasks = json.loads(next((out / "label_studio").glob("*.json")).read_text())
    file = out.parent / "tasks.json"
    file.write_text(json.dumps([{"id": n, **task} for n, task in enumerate(tasks, 1)]))
    found = converter(config, file, {"rows": rows, "conll": conll})
    places = sorted((row["input"]["text"], s["start"], s["end"], *s["labels"]) for row in found["rows"]
                    for result in row["output"].values() for s in result)
    want = sorted((text, s, e, c) for text, own in TEXTS.values() for s, e, c in own)
    check("the converter has the spans of Label Studio", places, want)
    surfaces = sorted(s["text"] for row in found["rows"] for result in row["output"].values() for s in result)
    check("the converter has the words of spans", surfaces, sorted(text[s:e] for text, own in TEXTS.values() for s, e, _ in own))
    tags = Counter(line.split()[-1] for line in found["conll"].splitlines() if line.strip() and not line.startswith("-DOCSTART-"))
    check("the converter begins as many spans in CoNLL", sum(n for tag, n in tags.items() if tag.startswith("B-")),
          sum(len(own) for _, own in TEXTS.values()))


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    tamis, work = str(Path(arguments[0]).resolve()), Path(arguments[1]).resolve()
    shutil.rmtree(work, ignore_errors=True)
    out = boxes(tamis, work / "boxes")
    datumaro_reads(out, work / "layouts")
    label_studio_spans(spans(tamis, work / "spans"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
