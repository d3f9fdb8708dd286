"""Topics by their words, which stand in words.txt: a topic, then its words. What advertises is dropped."""

from pathlib import Path

from tamis_step import drop, run

TOPICS = {}
for line in Path("steps/words.txt").read_text(encoding="utf-8").splitlines():
    topic, *words = line.split()
    TOPICS[topic] = words


def topics(row):
    text = row["text"].lower()
    if text.startswith(("advertisement", "광고")):
        return drop("advertisement")
    found = [topic for topic, words in TOPICS.items() if any(word in text for word in words)]
    return {"topics": found, "letters": sum(c.isalpha() for c in text)}


run(topics)
