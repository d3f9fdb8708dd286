#!/usr/bin/env python3
"""Main text of pages: F1 of what a crawl extracts, beside trafilatura on the same pages.

    benches/main_text.py FOLDER TAMIS [--all]

FOLDER is a checkout of the article-extraction-benchmark of Scrapinghub (MIT): `ground-truth.json` and `html/KEY.html.gz`, 181 pages
of news with the text that people marked. TAMIS has the feature `crawl`. Pages are served on this machine, crawled and built, and
the texts compared as `evaluate.py` of the benchmark does: shingles of four words, each page with the same weight. trafilatura (`pip
install trafilatura lxml_html_clean`) reads the same bytes; without it its row is missing. `--all` names the pages with the lowest F1.
"""
import gzip, http.server, json, os, re, statistics, subprocess, sys, tempfile, threading
from collections import Counter
from pathlib import Path

WORD = re.compile(r"\w+")


def shingles(text):
    words = WORD.findall(text or "")
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)) if words)


def counts(true, said):
    true, said = shingles(true), shingles(said)
    hit = sum((true & said).values())
    more, less = sum(said.values()) - hit, sum(true.values()) - hit
    total = hit + more + less
    return (hit / total, more / total, less / total) if total else (0.0, 0.0, 0.0)


def scores(all_counts):
    precision = [1.0 if m == l == 0 else 0.0 if h == m == 0 else h / (h + m) for h, m, l in all_counts if h + m > 0]
    recall = [1.0 if m == l == 0 else 0.0 if h == l == 0 else h / (h + l) for h, m, l in all_counts if h + l > 0]
    p, r = statistics.mean(precision), statistics.mean(recall)
    return 2 * p * r / (p + r), p, r


def crawled(pages, tamis):
    """The text of each page as a release has it, and what became of the others."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.strip("/")
            if name == "":
                body = "".join(f'<a href="/{key}">{key}</a>' for key in pages).encode()
            elif name in pages:
                body = pages[name]
            else:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    words = json.dumps(["noai", "noimageai", "noml", "noindex", "noimageindex", "tdm"])
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "dataset.toml").write_text(
            'tamis = "0.1"\n[dataset]\nname = "pages"\nversion = "0.1.0"\nlicense = "MIT"\ncontact = "bench@example.org"\n'
            f'[collect.pages]\ncrawl = {{ start = ["http://{host}/"], depth = 1, delay = 0, ignores = {words} }}\nlicense = "MIT"\n'
            '[release.all]\nformats = ["jsonl"]\ncolumns = ["found", "text"]\n')
        env = dict(os.environ, TAMIS_ALLOW_PRIVATE=host, LC_ALL="C")
        told = subprocess.run([tamis, "update"], cwd=folder, env=env, capture_output=True, text=True)
        print(told.stderr.strip())
        subprocess.run([tamis, "build", "--offline"], cwd=folder, env=env, check=True, capture_output=True)
        texts = {}
        for file in Path(folder, "out/all").rglob("*.jsonl"):
            for line in file.read_text().splitlines():
                row = json.loads(line)
                texts[row["found"].rsplit("/", 1)[1]] = row["text"]
    server.shutdown()
    return texts


def main():
    folder, tamis = Path(sys.argv[1]), str(Path(sys.argv[2]).resolve())
    truth = {key: page["articleBody"] for key, page in json.loads((folder / "ground-truth.json").read_text()).items()}
    pages = {key: gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes()) for key in truth}
    rows = {"tamis": crawled(pages, tamis)}
    try:
        import trafilatura
        rows[f"trafilatura {trafilatura.__version__}"] = {
            key: trafilatura.extract(page, include_comments=False) or "" for key, page in pages.items()}
    except ImportError as e:
        print(f"without trafilatura: {e}")
    print(f"{len(truth)} pages       F1     precision recall  without a text")
    for name, texts in rows.items():
        f1, p, r = scores([counts(truth[key], texts.get(key, "")) for key in truth])
        print(f"{name:20} {f1:.3f}  {p:.3f}     {r:.3f}   {sum(not texts.get(key) for key in truth)}")
    if "--all" in sys.argv:
        worst = []
        for key in truth:
            h, m, l = counts(truth[key], rows["tamis"].get(key, ""))
            worst.append((2 * h / (2 * h + m + l) if h else 0.0, h / (h + m) if h else 0.0, h / (h + l) if h else 0.0, key))
        for f1, p, r, key in sorted(worst)[:30]:
            print(f"  {f1:.3f}  precision {p:.3f}  recall {r:.3f}  {key}")


if __name__ == "__main__":
    main()
