#!/usr/bin/env python3
"""Makes the sounds and the TextGrids of this example: words in Morse code, 4,000 samples a second of 8 bits.

    python3 make.py

The same files come of it on every machine; nothing but Python's own library is needed.
"""
import math
import pathlib
import wave

CODE = {
    "A": ".-", "B": "-...", "D": "-..", "E": ".", "G": "--.", "H": "....", "I": "..", "K": "-.-", "L": ".-..",
    "M": "--", "N": "-.", "O": "---", "R": ".-.", "S": "...", "T": "-", "U": "..-", "W": ".--",
}
WORDS = ["SOS", "TEA", "SUN", "RAIN", "MOON", "KITE", "WOOD", "GOLD", "LAMB", "HAND", "ROAD", "BIRD"]
RATE, DOT = 4000, 0.02
RAW = pathlib.Path(__file__).parent / "raw"


def letters(word):
    """The samples of a word, and where each letter begins and ends."""
    samples, places = [], []

    def put(units, sounds):
        for n in range(round(units * DOT * RATE)):
            samples.append(128 + (round(90 * math.sin(2 * math.pi * 500 * n / RATE)) if sounds else 0))

    put(3, False)
    for letter in word:
        begin = len(samples)
        for i, sign in enumerate(CODE[letter]):
            if i:
                put(1, False)
            put(1 if sign == "." else 3, True)
        places.append((begin / RATE, len(samples) / RATE, letter))
        put(3, False)
    return bytes(samples), places


def grid(name, places, end, encoding="utf-8", short=False):
    """A TextGrid: a tier of letters, and for the eye a tier of points where each begins."""
    filled, at = [], 0.0
    for begin, stop, letter in places:
        if begin > at:
            filled.append((at, begin, ""))
        filled.append((begin, stop, letter))
        at = stop
    if at < end:
        filled.append((at, end, ""))
    key = (lambda text: "") if short else (lambda text: text + " = ")
    out = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", f"{key('xmin')}0", f"{key('xmax')}{end}"]
    out += ["<exists>" if short else "tiers? <exists>", f"{key('size')}1"]
    out += ([] if short else ["item []:", "    item [1]:"])
    out += [f'{key("class")}"IntervalTier"', f'{key("name")}"letters"', f"{key('xmin')}0", f"{key('xmax')}{end}"]
    out += [f"{key('intervals: size')}{len(filled)}"]
    for n, (begin, stop, text) in enumerate(filled):
        out += [] if short else [f"intervals [{n + 1}]:"]
        out += [f"{key('xmin')}{begin}", f"{key('xmax')}{stop}", f'{key("text")}"{text}"']
    path = RAW / "kim" / f"{name}.TextGrid"
    path.write_bytes(("\n".join(out) + "\n").encode(encoding))


def sound(name, samples):
    with wave.open(str(RAW / "sounds" / f"{name}.wav"), "wb") as out:
        out.setparams((1, 1, RATE, 0, "NONE", ""))
        out.writeframes(samples)


def main():
    (RAW / "sounds").mkdir(parents=True, exist_ok=True)
    (RAW / "kim").mkdir(exist_ok=True)
    for n, word in enumerate(WORDS):
        samples, places = letters(word)
        name, end = f"{n + 1:02}-{word.lower()}", len(samples) / RATE
        sound(name, samples)
        if word == "KITE":
            places = places[:-1] + [(places[-1][0], end + 0.5, places[-1][2])]  # passes the end of the sound
        if word == "BIRD":
            continue  # nobody has written it down
        grid(name, places, max(end, places[-1][1]), "utf-16" if n % 4 == 1 else "utf-8", short=n % 2 == 0)
    samples, places = letters("NOON")
    grid("made-nosound-1", places, len(samples) / RATE)
    whole = (RAW / "sounds" / "01-sos.wav").read_bytes()
    (RAW / "sounds" / "made-truncated-1.wav").write_bytes(whole[: len(whole) // 2])
    (RAW / "sounds" / "made-page-1.wav").write_bytes(b"<html>404 not found</html>\n")


if __name__ == "__main__":
    main()
