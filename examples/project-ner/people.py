"""The people of this example, and the table at its end.

    python3 people.py answer QUEUE.csv       # the expert labels what waits: decisions in reviews/expert.jsonl
    python3 people.py row STEP WHAT          # adds a row to table.tsv, read from what `tamis show` says (TAMIS names the program)
    python3 people.py table                  # prints the table
    python3 people.py small                  # keeps a tenth of the data, for a quick look

The expert is made up and looks into raw/gold.jsonl. In a project of your own this is a person in a labelling tool: `tamis label export`
writes the queue for Label Studio, doccano or a spreadsheet, and `tamis label import` brings the answers back.
"""
import csv
import glob
import json
import os
import subprocess
import sys


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def tidy(label):
    return sorted((s["start"], s["end"], s["class"]) for s in label or [])


def present():
    """The labels of the last build, by id; one that nobody gave is None."""
    found = [row for path in glob.glob("out/work/jsonl/*.jsonl") for row in lines(path)]
    return {row["id"]: row.get("label_ner") for row in found}


def answer(queue):
    gold = {row["id"]: row["label"] for row in lines("raw/gold.jsonl")}
    labels, before, fixed, new, kept = present(), set(), 0, 0, 0
    os.makedirs("reviews", exist_ok=True)
    path = "reviews/expert.jsonl"
    if os.path.exists(path):
        before = {row["id"] for row in lines(path)}
    with open(queue, encoding="utf-8", newline="") as file, open(path, "a", encoding="utf-8") as out:
        for row in csv.DictReader(file):
            name = row["id"]
            if name in before:
                continue
            if name not in gold:  # a sentence of the test set, which carries the expert's own label
                told = {"id": name, "step": "label.ner", "decision": "keep", "by": "expert"}
                out.write(json.dumps(told, ensure_ascii=False) + "\n")
                kept += 1
                continue
            told = {"id": name, "step": "label.ner", "decision": "label", "value": gold[name], "by": "expert"}
            out.write(json.dumps(told, ensure_ascii=False) + "\n")
            if labels.get(name) is None:
                new += 1
            else:
                fixed += tidy(labels[name]) != tidy(gold[name])
    with open("fixed.json", "w", encoding="utf-8") as file:
        json.dump({"fixed": fixed, "new": new}, file)
    print(f"the expert changed {fixed} labels, gave {new} new ones, and kept {kept} of the test set")


def facts(step):
    """The facts of a step, as `tamis show STEP` tells them."""
    done = subprocess.run([os.environ.get("TAMIS", "tamis"), "show", step], capture_output=True, text=True)
    out = {}
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) == 2:
            out[words[0]] = words[1].replace(",", "")
    return out


def number(of, digits=3):
    try:
        return f"{float(of):.{digits}f}"
    except (TypeError, ValueError):
        return "-"


def row(step, what):
    agreement, score, test = facts("label.ner/agreement"), facts("train.base"), facts("train.base/test")
    fixed = {"fixed": 0, "new": 0}
    if os.path.exists("fixed.json"):
        with open("fixed.json", encoding="utf-8") as file:
            fixed = json.load(file)
        os.remove("fixed.json")
    interval = f"{number(score.get('f1'))} [{number(score.get('f1_low'))}, {number(score.get('f1_high'))}]"
    gain = "-"
    if "gain.f1" in score:
        gain = f"{float(score['gain.f1']):+.3f} [{float(score['gain.f1_low']):+.3f}, {float(score['gain.f1_high']):+.3f}]"
    cells = [step, test.get("learned", "-"), f"{fixed['fixed']} + {fixed['new']}", number(agreement.get("value")), interval, gain, what]
    with open("table.tsv", "a", encoding="utf-8") as out:
        out.write("\t".join(cells) + "\n")


def table():
    head = ["step", "learned of", "fixed + new", "agreement", "F1 [95 %]", "better than 02 by [95 %]", "what changed it"]
    with open("table.tsv", encoding="utf-8") as file:
        rows = [head] + [line.rstrip("\n").split("\t") for line in file]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def small():
    for path, keep in [("raw/klue/texts.jsonl", 10), ("raw/expert/test.jsonl", 10)]:
        with open(path, encoding="utf-8") as file:
            own = file.readlines()
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line for n, line in enumerate(own) if n % keep == 0 or '"copy-' in line)
    ids = {row["id"] for row in lines("raw/klue/texts.jsonl")}
    for path in glob.glob("raw/votes/*.csv"):
        with open(path, encoding="utf-8") as file:
            own = file.readlines()
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line for n, line in enumerate(own) if n == 0 or line.split(",")[0] in ids)


if __name__ == "__main__":
    {"answer": answer, "row": row, "table": table, "small": small}[sys.argv[1]](*sys.argv[2:])
