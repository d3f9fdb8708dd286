#!/usr/bin/env python3
"""CPU and memory of a crawl: `tamis update` beside Scrapy with trafilatura, on pages of this machine.

    benches/crawl_cost.py TAMIS [--pages N] [--no-scrapy] [--pages-dir FOLDER]

TAMIS has the feature `crawl`. A server of its own process gives N pages (default 2,000), each with about 6 kB of HTML and links to others; with
`--pages-dir`, the HTML of real pages (`*.html.gz`), again and again under new addresses and without their links. Both sides extract the main text and write it as JSON
Lines, without politeness, in one run each. Scrapy (`pip install scrapy trafilatura lxml_html_clean`) obeys robots.txt and asks 16 at a time,
as it does by itself. Told are CPU seconds and the largest resident memory of the process that crawls, not of the server.
"""
import argparse, gzip, json, multiprocessing, os, random, re, socket, subprocess, sys, tempfile, threading, time
from pathlib import Path

WORDS = "river stone harbour gull tide boat rope lantern morning evening keeper letter window road field winter summer bridge market song".split()


BODY = re.compile(rb"<body[^>]*>", re.I)


def text(random_, words):
    return " ".join(random_.choice(WORDS) for _ in range(words)).capitalize() + "."


def page(n, total):
    own = random.Random(n)
    links = "".join(f'<li><a href="/p/{(n * 8 + i + 1) % total}">{text(own, 3)}</a></li>' for i in range(8))
    body = "".join(f"<p>{text(own, 60)}</p>" for _ in range(12))
    head = f'<title>{n} {text(own, 5)}</title><link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
    nav = "<nav><ul>" + links + "</ul></nav>"
    return (
        f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8>{head}</head><body>{nav}<main><article><h1>{n} {text(own, 5)}</h1>"
        f"{body}</article></main><footer><p>{text(own, 20)}</p></footer></body></html>"
    ).encode()


def serve(port, total, folder, ready):
    real = [gzip.decompress(p.read_bytes()) for p in sorted(Path(folder).glob("*.html.gz"))] if folder else []

    def one(n):
        if not real:
            return page(n, total)
        links = "".join(f'<a href="/p/{(n * 8 + i + 1) % total}">x</a>' for i in range(8)).encode()
        # links of its own lead nowhere here, and an address of its own would make one page of all that share it
        bare = real[n % len(real)].replace(b"href=", b"data-href=")
        return BODY.sub(lambda found: found[0] + links, bare, count=1) if BODY.search(bare) else bare + links

    def answer(stream):
        try:
            waiting = b""
            while True:
                while b"\r\n\r\n" not in waiting:
                    more = stream.recv(65536)
                    if not more:
                        return
                    waiting += more
                head, _, waiting = waiting.partition(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                if path == "/" or path.startswith("/p/"):
                    body, status = one(0 if path == "/" else int(path[3:])), b"200 OK"
                else:
                    body, status = b"", b"404 Not Found"
                stream.sendall(b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
        except OSError:
            pass
        finally:
            stream.close()

    listener = socket.create_server(("127.0.0.1", port), backlog=256)
    ready.set()
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=answer, args=(stream,), daemon=True).start()


SPIDER = '''
import scrapy, trafilatura
class S(scrapy.Spider):
    name = "s"
    start_urls = ["{start}"]
    async def start(self):
        for url in self.start_urls:
            yield scrapy.Request(url)
    def parse(self, response):
        yield {{"url": response.url, "title": response.css("title::text").get(),
               "text": trafilatura.extract(response.text, url=response.url, include_comments=False)}}
        for href in response.css("a::attr(href)").getall():
            yield response.follow(href)
'''


def measured(command, where, environment=None):
    started = time.time()
    child = subprocess.Popen(command, cwd=where, env=dict(os.environ, **(environment or {})), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read().decode(errors="replace")
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}:\n{said[-3000:]}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, time.time() - started, said


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("tamis")
    parse.add_argument("--pages", type=int, default=2000)
    parse.add_argument("--pages-dir")
    parse.add_argument("--no-scrapy", action="store_true")
    args = parse.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ready = multiprocessing.Event()
    server = multiprocessing.Process(target=serve, args=(port, args.pages, args.pages_dir, ready), daemon=True)
    server.start()
    ready.wait()
    host = f"127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as at:
        Path(at, "dataset.toml").write_text(
            'tamis = "0.1"\n[dataset]\nname = "cost"\nversion = "0.1.0"\nlicense = "CC0-1.0"\ncontact = "bench@example.org"\n'
            f'[collect.site]\ncrawl = {{ start = ["http://{host}/"], depth = 100, pages_max = {args.pages + 10}, delay = 0 }}\n'
            'licenses_allowed = ["CC-BY-4.0"]\nfields = { text = "text" }\n[release.public]\nformats = ["jsonl"]\n'
        )
        # without a name that runs the program in a shell of its own
        cpu, memory, wall, said = measured([os.path.abspath(args.tamis), "update"], at, {"TAMIS_ALLOW_PRIVATE": host})
        kept = [line.strip() for line in said.splitlines() if "kept" in line]
        print(f"tamis: {1000 * cpu / args.pages:.2f} ms CPU a page, {cpu:.1f} s in all, {memory} MB, {wall:.1f} s; {' '.join(kept)}")
    if args.no_scrapy:
        return
    with tempfile.TemporaryDirectory() as at:
        Path(at, "s.py").write_text(SPIDER.format(start=f"http://{host}/"))
        settings = ["ROBOTSTXT_OBEY=True", "LOG_LEVEL=ERROR", "DOWNLOAD_DELAY=0", "CONCURRENT_REQUESTS_PER_DOMAIN=16"]
        options = [part for setting in settings for part in ("-s", setting)]
        command = [sys.executable, "-m", "scrapy", "runspider", "s.py", "-O", "out.jsonl", *options]
        other, memory, wall, _ = measured(command, at)
        lines = [json.loads(line) for line in Path(at, "out.jsonl").read_text().splitlines()]
        empty = sum(not line["text"] for line in lines)
        print(f"Scrapy and trafilatura: {1000 * other / len(lines):.2f} ms CPU a page, {other:.1f} s for {len(lines)} pages ({empty} without text), {memory} MB, {wall:.1f} s")
        print(f"tamis takes 1/{other / len(lines) / (cpu / args.pages):.1f} of it")


if __name__ == "__main__":
    main()
