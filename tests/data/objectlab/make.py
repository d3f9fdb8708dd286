"""Makes cases.json: qualities of boxes by cleanlab 2.9.0 (pip install cleanlab==2.9.0), for random marks and finds.

    python make.py > cases.json
"""
import json, random
import numpy as np
from cleanlab.object_detection import rank

def box(r):
    x, y = r.uniform(0, 300), r.uniform(0, 200)
    return [x, y, x + r.uniform(4, 90), y + r.uniform(4, 90)]

def moved(r, at, by):
    return [v + r.uniform(-by, by) for v in at]

def one(seed):
    r = random.Random(seed)
    classes = r.randint(1, 4)
    given, found = [], []
    for _ in range(r.randint(1, 4)):
        own, seen = [], []
        for _ in range(r.randint(1, 6)):
            k, at = r.randrange(classes), box(r)
            if r.random() < 0.85:
                own.append([k] + at)
            if r.random() < 0.1:
                own.append([r.randrange(classes)] + moved(r, at, 0.1))
            if r.random() < 0.85:
                k = k if r.random() < 0.8 else r.randrange(classes)
                at = moved(r, at, r.choice([0.5, 2, 8]))
                if at[0] < at[2] and at[1] < at[3]:
                    seen.append([k] + at + [r.choice([r.uniform(0.01, 1), r.uniform(0.93, 1)])])
        if own and seen:
            given.append(own)
            found.append(sorted(seen, key=lambda b: b[0]))
    return classes, given, found

cases = []
for seed in range(60):
    classes, given, found = one(seed)
    if not given:
        continue
    labels = [{"bboxes": np.array([b[1:] for b in g]), "labels": np.array([b[0] for b in g])} for g in given]
    preds = []
    for f in found:
        by = [np.array([b[1:] for b in f if b[0] == k]).reshape(-1, 5) for k in range(classes)]
        of = np.empty(classes, dtype=object)
        for k in range(classes):
            of[k] = by[k]
        preds.append(of)
    aux = rank._get_valid_inputs_for_compute_scores(0.9, labels, preds)
    number = lambda a: [None if np.isnan(x) else float(x) for x in a]
    over = [number(a) for a in rank.compute_overlooked_box_scores(auxiliary_inputs=aux)]
    bad = [number(a) for a in rank.compute_badloc_box_scores(auxiliary_inputs=aux)]
    swap = [number(a) for a in rank.compute_swap_box_scores(auxiliary_inputs=aux)]
    picture = [float(x) for x in rank.get_label_quality_scores(labels, preds, verbose=False)]
    cases.append(dict(given=given, found=found, overlooked=over, badly_located=bad, swapped=swap, picture=picture))
print(json.dumps(cases))
