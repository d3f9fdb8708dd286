"""The votes and the peers' calls that `labels.py` and `kernels.py` share.

500 annotators of beta-distributed skill give five votes of five classes to each item. The seed is fixed, so both measure the same votes.
"""
import krippendorff
import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene

PER, WORKERS, CLASSES = 5, 500, 5


class Votes:
    """So many votes: of each its item, annotator and class, item after item, and the true class of each item."""

    def __init__(self, votes):
        rng, self.items = np.random.default_rng(7), votes // PER
        items = self.items
        self.gold, skill = rng.integers(0, CLASSES, items), rng.beta(6, 2, WORKERS)
        self.item = np.repeat(np.arange(items), PER)
        self.who = ((rng.integers(0, WORKERS, items)[:, None] + np.arange(PER) * 7) % WORKERS).ravel()
        right = rng.random(items * PER) < skill[self.who]
        self.label = np.where(right, self.gold[self.item], rng.integers(0, CLASSES, items * PER))

    def __len__(self):
        return len(self.label)

    def alpha(self):
        """`krippendorff` with counts of each item, which are counted first: its quick way."""
        counts = np.zeros((self.items, CLASSES), int)
        np.add.at(counts, (self.item, self.label), 1)
        return krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")

    def alpha_of_matrix(self):
        """`krippendorff` with a matrix of annotators and items, of five rows: 500 of a million votes do not fit."""
        return krippendorff.alpha(self.label.reshape(self.items, PER).T.astype(float), level_of_measurement="nominal")

    def frame(self):
        return pd.DataFrame({"task": self.item, "worker": self.who, "label": self.label})


def dawid_skene(frame, **options):
    return DawidSkene(**options).fit_predict(frame)
