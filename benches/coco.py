"""CPU and memory of reading instances of COCO: tamis beside pycocotools, in one run.

`python benches/coco.py TAMIS [IMAGES [KERNEL]]` in an environment with pycocotools. KERNEL is what `cargo build --release --example coco` makes: with it,
the same work in memory is held beside it, too, the file into its images with their boxes and nothing else (`COCO(path)` and the example). A file of so many images (20,000), eight objects each, a
third of them with an outline, is made of numbers drawn with a fixed seed. pycocotools loads it (`COCO(path)`) and hands over every
annotation; tamis reads it as a source by itself, builds, and builds again. Told are the CPU seconds of each as the system counts
them, children with it, and the most memory that each held.
"""

import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PYCOCOTOOLS = """
import sys
from pycocotools.coco import COCO
coco = COCO(sys.argv[1])
print(sum(len(coco.imgToAnns[image]) for image in coco.getImgIds()))
"""

KERNEL = """
import contextlib, io, sys, time
from pycocotools.coco import COCO
least = 1e9
for _ in range(5):
    begun = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        COCO(sys.argv[1])
    least = min(least, time.process_time() - begun)
print(least)
"""

MANIFEST = """tamis = "0.1"
[dataset]
name = "bench"
version = "0.1.0"
license = "MIT"
[collect.c]
direct = { files = ["raw/*.json"], format = "coco" }
record_max = 1000000000
license = "MIT"
[label.cells]
task = "object_detection"
classes = ["a", "b", "c"]
from.c = { column = "objects" }
"""


def made(path, images):
    draw = random.Random(12)
    size = (640, 480)
    objects, listed = [], []
    for n in range(images):
        listed.append({"id": n, "file_name": f"{n:06}.jpg", "width": size[0], "height": size[1]})
        for _ in range(8):
            x, y = draw.uniform(0, 560), draw.uniform(0, 400)
            w, h = draw.uniform(4, 80), draw.uniform(4, 80)
            one = {"id": len(objects) + 1, "image_id": n, "category_id": draw.randint(1, 3), "iscrowd": 0,
                   "bbox": [round(v, 2) for v in (x, y, w, h)], "area": round(w * h, 2)}
            if len(objects) % 3 == 0:
                ring = [(x, y), (x + w, y), (x + w, y + h / 2), (x + w / 2, y + h), (x, y + h)]
                one["segmentation"] = [[round(v, 2) for point in ring for v in point]]
            objects.append(one)
    categories = [{"id": n + 1, "name": name} for n, name in enumerate("abc")]
    path.write_text(json.dumps({"images": listed, "annotations": objects, "categories": categories}))
    return len(objects)


def run(command, folder):
    start, out = time.time(), folder / "told.txt"
    with open(out, "w") as told:
        child = subprocess.Popen(command, cwd=folder, stdout=told, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(out.read_text())
    return used.ru_utime + used.ru_stime, time.time() - start, used.ru_maxrss / 1024, out.read_text()


def main():
    tamis, images = Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "raw").mkdir()
        file = folder / "raw" / "instances.json"
        # in a process of its own: a child begins with the memory that its parent held
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            boxes = pool.apply(made, (file, images))
        print(f"{images} images, {boxes} objects, {file.stat().st_size / 1e6:.0f} MB")
        (folder / "dataset.toml").write_text(MANIFEST)
        theirs = run([sys.executable, "-c", PYCOCOTOOLS, str(file)], folder)
        assert theirs[3].strip().endswith(str(boxes)), theirs[3]
        if len(sys.argv) > 3:
            alone = float(run([sys.executable, "-c", KERNEL, str(file)], folder)[3])
            own = json.loads(run([str(Path(sys.argv[3]).resolve()), str(file)], folder)[3])
            assert own["objects"] == boxes, own
            print(f"kernel: pycocotools {alone:.3f} s, tamis {own['seconds']:.3f} s, {alone / own['seconds']:.1f} times as fast")
        first = run([str(tamis), "build"], folder)
        second = run([str(tamis), "build"], folder)
        for name, (cpu, wall, memory, _) in [("pycocotools", theirs), ("tamis", first), ("tamis again", second)]:
            print(f"{name:12} {cpu:8.2f} s of CPU, {wall:6.2f} s, {memory:6.0f} MiB")
        print(f"pycocotools / tamis: {theirs[0] / first[0]:.1f}, again {theirs[0] / max(second[0], 0.01):.1f}")


if __name__ == "__main__":
    main()
