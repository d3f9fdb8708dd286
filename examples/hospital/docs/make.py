#!/usr/bin/env python3
"""Makes raw/visits.csv and docs/diagnoses.csv. Nobody in them exists.

    python3 docs/make.py
"""
import csv
import random

dice = random.Random(20260127)
TREE = {
    "respiratory": ["asthma", "bronchitis", "pneumonia"],
    "circulatory": ["angina", "hypertension", "stroke"],
    "digestive": ["gastritis", "appendicitis", "ulcer"],
    "injury": ["fracture", "burn", "concussion"],
}
WARDS = {"respiratory": "medicine", "circulatory": "medicine", "digestive": "surgery", "injury": "surgery"}
NOTES = ["Stable on arrival.", "상태 안정.", "Follow-up in two weeks.", "2주 뒤 외래 예정.", "Referred by a general practitioner.",
         "보호자 동반 입원.", "No known allergies.", "알레르기 없음.", "Observed over night.", "하루 관찰 후 퇴원."]


def person():
    return {"age": min(94, max(18, int(dice.gauss(55, 17)))), "sex": dice.choice(["female", "male"]),
            "postcode": dice.choice(["03", "06", "13", "48"]) + f"{dice.randrange(0, 999):03d}"}


people = [person() for _ in range(420)]
rows = []
for n in range(520):
    who = n if n < 420 else dice.randrange(420)
    chapter = dice.choices(list(TREE), weights=[3, 4, 3, 2])[0]
    rows.append({
        "visit": f"v{n + 1:04d}", "patient": f"p{who + 1:04d}", **people[who],
        "admitted": f"2025-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}", "ward": WARDS[chapter],
        "diagnosis": dice.choice(TREE[chapter]), "outcome": dice.choices(["home", "transferred"], weights=[4, 1])[0],
        "note": dice.choice(NOTES),
    })


def made(visit, **other):
    rows.append({**rows[len(rows) % 400], "visit": visit, "patient": visit.replace("made", "p"), **other})


made("made-old-1", age=107)
made("made-age-1", age="")
made("made-far-1", postcode="99999")
made("made-other-1", sex="other")
made("made-other-2", sex="other", age=61)
made("made-phone-1", note="Call 010-5550-0199 before noon.")
made("made-mail-1", note="결과는 guardian@example.com 으로.")
made("made-word-1", note="Called the porter an idiot.")
rows.append({**rows[0], "visit": "made-twice-1"})
with open("raw/visits.csv", "w", newline="") as out:
    table = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
with open("docs/diagnoses.csv", "w") as out:
    for chapter, own in TREE.items():
        for diagnosis in own:
            out.write(f"{diagnosis},{chapter},*\n")
