"""The people of this example, and the table at its end.

    python3 people.py answer                 # the expert looks at what waits: decisions in reviews/expert.jsonl
    python3 people.py row STEP WHAT          # adds a row to table.tsv, read from what `tamis show` says (TAMIS names the program)
    python3 people.py table                  # prints the table
    python3 people.py small                  # keeps an eighth of the data, for a quick look

The expert is made up and looks into raw/gold.json. In a project of your own this is a person in a labelling tool: `tamis label export cells
--tool label-studio --only queue` writes the queue, and `tamis label import` brings the answers back.
"""
import glob
import json
import os
import subprocess
import sys

TAMIS = os.environ.get("TAMIS", "tamis")


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def tell(*args):
    return subprocess.run([TAMIS, *args], capture_output=True, text=True, check=True).stdout


def changed(given, gold):
    """How many boxes of a picture the expert changes: those of one side that have no like on the other."""

    def shared(a, b):
        across = min(a["x2"], b["x2"]) - max(a["x1"], b["x1"])
        down = min(a["y2"], b["y2"]) - max(a["y1"], b["y1"])
        area = lambda x: (x["x2"] - x["x1"]) * (x["y2"] - x["y1"])
        return max(0, across) * max(0, down) / (area(a) + area(b) - max(0, across) * max(0, down))

    alike = lambda a, of: any(a["class"] == b["class"] and shared(a, b) > 0.6 for b in of)
    return sum(not alike(a, gold) for a in given) + sum(not alike(b, given) for b in gold if not alike(b, given))


def answer():
    with open("raw/gold.json", encoding="utf-8") as file:
        gold = json.load(file)
    present = {row["id"]: row.get("label_cells") for path in glob.glob("out/work/jsonl/*.jsonl") for row in lines(path)}
    told = map(json.loads, tell("show", "clean.label_errors", "--findings", "--format", "jsonl").splitlines())
    waiting = {row["id"] for row in told if row["act"] == "review"}
    os.makedirs("reviews", exist_ok=True)
    fixed = boxes = kept = 0
    with open("reviews/expert.jsonl", "a", encoding="utf-8") as out:
        for name in sorted(waiting):
            if name not in gold:  # a picture of the test set, which carries the expert's own boxes
                kept += 1
                continue
            wrong = changed(present.get(name) or [], gold[name])
            fixed, boxes = fixed + (wrong > 0), boxes + wrong
            told = {"id": name, "step": "label.cells", "decision": "label", "value": gold[name], "by": "expert"}
            out.write(json.dumps(told) + "\n")
    with open("fixed.json", "w", encoding="utf-8") as file:
        json.dump({"fixed": fixed, "boxes": boxes}, file)
    print(f"the expert changed {boxes} boxes of {fixed} pictures, and passed over {kept} pictures of the test set")


def facts(step):
    """The facts of a step, as `tamis show STEP` tells them."""
    cells = [line.split() for line in tell("show", step).splitlines()]
    return {words[0]: words[1].replace(",", "") for words in cells if len(words) == 2}


def number(of, digits=3):
    try:
        return f"{float(of):.{digits}f}"
    except (TypeError, ValueError):
        return "-"


def row(step, what):
    agreement, score, test = facts("label.cells/agreement"), facts("train.base"), facts("train.base/test")
    fixed = {"fixed": 0, "boxes": 0}
    if os.path.exists("fixed.json"):
        with open("fixed.json", encoding="utf-8") as file:
            fixed = json.load(file)
        os.remove("fixed.json")
    interval = f"{number(score.get('map50'))} [{number(score.get('map50_low'))}, {number(score.get('map50_high'))}]"
    gain = "-"
    if "gain.map50" in score:
        gain = f"{float(score['gain.map50']):+.3f} [{float(score['gain.map50_low']):+.3f}, {float(score['gain.map50_high']):+.3f}]"
    cells = [step, test.get("learned", "-"), f"{fixed['boxes']} in {fixed['fixed']}", number(agreement.get("value")), interval, gain, what]
    with open("table.tsv", "a", encoding="utf-8") as out:
        out.write("\t".join(cells) + "\n")


def table():
    head = ["step", "learned of", "boxes fixed", "agreement", "mAP50 [95 %]", "better than 02 by [95 %]", "what changed it"]
    with open("table.tsv", encoding="utf-8") as file:
        rows = [head] + [line.rstrip("\n").split("\t") for line in file]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def small():
    for folder in ("raw/bccd", "raw/expert"):
        names = sorted(os.path.basename(path) for path in glob.glob(folder + "/*.jpg"))
        for name in (name for n, name in enumerate(names) if n % 8 and not name.startswith("copy-")):
            os.remove(os.path.join(folder, name))
    there = {os.path.basename(path)[:-4] for path in glob.glob("raw/*/*.jpg")}
    for path in glob.glob("raw/votes/*.jsonl") + ["raw/expert/test.jsonl"]:
        own = [row for row in lines(path) if row.get("item", row.get("file_name", "")[:-4]) in there]
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in own)


if __name__ == "__main__":
    {"answer": answer, "row": row, "table": table, "small": small}[sys.argv[1]](*sys.argv[2:])
