"""A remote in a bucket of moto's server: two checkouts, a fresh clone, and what may go wrong between them.

    pip install -r tests/peers/requirements-s3.txt
    python tests/peers/s3.py target/debug/tamis

The program must have the feature `remote`. All is on loopback and in temporary folders. Held are: a clone runs no kernel of what was
pushed and comes to the same roots; two checkouts that push at once both end well, and a third builds from what lies there then; a
flipped bit, a truncated object, a lost one and connections that break off are told, change no root, and are healed by
`push --anew`; and no object holds, in any spelling that was looked for, what `[privacy]` masked. Prints a line per check, and exits with 1 if one
failed."""

import hashlib
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

MANIFEST = """
[dataset]
name = "s3"
version = "0.1.0"
license = "CC0-1.0"
[collect.a]
direct = { files = ["raw/*.jsonl"], format = "jsonl" }
fields = { text = "text" }
id = "id"
license = "CC0-1.0"
[schema]
text = { text = {} }
[privacy]
harmless = ["id"]
[privacy.detect]
types = ["email", "phone"]
[clean]
exact_duplicates = { action = "drop", on = ["text"] }
[split]
ratios = { train = 0.8, test = 0.2 }
[release.all]
formats = ["jsonl", "parquet"]
columns = ["id", "text", "split"]
"""
ROWS = 600
SECRETS = [f"person{n}@example.com" for n in range(ROWS)]
KEYS = {"AWS_ACCESS_KEY_ID": "known", "AWS_SECRET_ACCESS_KEY": "a secret", "AWS_REGION": "us-east-1"}
failed = []


def check(name, holds, told=""):
    print(f"{'ok  ' if holds else 'FAIL'} {name}" + ("" if holds else f": {told}"[:2000]))
    if not holds:
        failed.append(name)


def masked(step):
    """Whether a step is given masked columns alone. The last one of a release puts its files together and tells facts of the raw
    sources in its documents, so that its result stays where it was made."""
    return step.startswith(("clean", "split", "release.all/"))


class Proxy:
    """Hands bytes through to the server; a connection whose turn it is ends after so many bytes of the answer."""

    def __init__(self, port):
        self.behind, self.breaks, self.count, self.lock = port, {}, 0, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            near, _ = self.listener.accept()
            with self.lock:
                most = self.breaks.get(self.count, self.breaks.get("all"))
                self.count += 1
            far = socket.create_connection(("127.0.0.1", self.behind))
            threading.Thread(target=self.hand, args=(near, far, None), daemon=True).start()
            threading.Thread(target=self.hand, args=(far, near, most), daemon=True).start()

    def hand(self, source, sink, most):
        try:
            while most is None or most > 0:
                data = source.recv(65536 if most is None else min(most, 65536))
                if not data:
                    break
                sink.sendall(data)
                most = None if most is None else most - len(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def broken(self, breaks):
        with self.lock:
            self.breaks = {at if at == "all" else self.count + at: most for at, most in breaks.items()}


class Bench:
    def __init__(self, tamis, root):
        self.tamis, self.root, self.n = os.path.realpath(tamis), Path(root), 0
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        port = self.server.get_host_and_port()[1]
        self.proxy = Proxy(port)
        own = {"aws_access_key_id": "known", "aws_secret_access_key": "a secret", "region_name": "us-east-1"}
        self.s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **own)
        self.s3.create_bucket(Bucket="bucket")

    def checkout(self, more=""):
        self.n += 1
        folder = self.root / f"checkout-{self.n}"
        (folder / "raw").mkdir(parents=True)
        (folder / "dataset.toml").write_text(MANIFEST)
        lines = [{"id": f"r{n}", "text": f"row {n}: write to {secret} about stone {n % 97}{more}"} for n, secret in enumerate(SECRETS)]
        (folder / "raw/a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return folder

    def start(self, folder, *args):
        env = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY")} | KEYS
        env |= {"TAMIS_REMOTE": "s3://bucket/pre/fix", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.proxy.port}", "LC_ALL": "C"}
        command = [self.tamis, "-C", str(folder), *args]
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, folder, *args):
        p = self.start(folder, *args)
        out, err = p.communicate(timeout=300)
        return p.returncode, out, err

    def build(self, folder, way):
        code, out, err = self.run(folder, "build", "--json", "--partition-target", "64", "--remote", way)
        events = [json.loads(line) for line in out.splitlines()]
        done = next(e for e in events if e["event"] == "done")
        remote = next((e for e in events if e["event"] == "remote"), {})
        ran = {e["step"] for e in events if e["event"] == "kernel"}
        return code, (done["content_root"], done["files_root"]), remote.get("met", {}), ran, err

    def objects(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket="bucket")
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def read(self, key):
        return self.s3.get_object(Bucket="bucket", Key=key)["Body"].read()

    def write(self, key, data):
        self.s3.put_object(Bucket="bucket", Key=key, Body=data)


def clones(bench):
    code, roots, _, ran, err = bench.build(bench.checkout(), "write")
    check("a first build pushes what it made", code == 0 and len(bench.objects()) >= 3, err)
    code, same, met, again, err = bench.build(bench.checkout(), "read")
    check("a fresh clone comes to the same roots", code == 0 and same == roots, err)
    check(f"the clone ran {len(again)} of {len(ran)} steps, none of those that work on what is masked",
          met.get("results", 0) > 0 and not any(masked(step) for step in again), f"{again} {met}")
    return roots


def writers(bench, roots):
    """Two checkouts with other data push at once, then a third of each builds from what lies there."""
    own = [bench.checkout(f" turn {n}") for n in range(2)]
    running = [bench.start(folder, "build", "--json", "--partition-target", "64", "--remote", "write") for folder in own]
    done = [p.communicate(timeout=300) for p in running]
    check("two writers at once both end well", all(p.returncode == 0 for p in running), done)
    wanted = [next(e for e in map(json.loads, out.splitlines()) if e["event"] == "done") for out, _ in done]
    for n in range(2):
        code, same, met, again, err = bench.build(bench.checkout(f" turn {n}"), "read")
        was = (wanted[n]["content_root"], wanted[n]["files_root"])
        check(f"a clone of writer {n + 1} finds all of it", code == 0 and same == was and met["damaged"] == 0
              and not any(masked(step) for step in again), f"{err} {met} {again}")
    code, same, met, _, err = bench.build(bench.checkout(), "read")
    check("what was there before is still there", code == 0 and same == roots and met["damaged"] == 0, f"{err} {met}")


def damage(bench, roots):
    keys = bench.objects()
    before = {key: bench.read(key) for key in keys}
    largest = max(keys, key=lambda key: len(before[key]))
    damages = {"a flipped bit": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 4]) + data[len(data) // 2 + 1 :],
               "a truncated upload": lambda data: data[: len(data) // 3], "a lost object": None}
    for name, how in damages.items():
        for key in keys:
            if how is None:
                bench.s3.delete_object(Bucket="bucket", Key=key)
            else:
                bench.write(key, how(before[key]))
        folder = bench.checkout()
        code, same, met, _, err = bench.build(folder, "read")
        told = how is None or met["damaged"] > 0
        check(f"{name} in every object: the roots are the same, and it is told", code == 0 and same == roots and told, f"{err} {met}")
        code, out, err = bench.run(folder, "push", "--anew")
        check(f"{name}: push --anew heals it", code == 0, out + err)
        code, same, met, again, err = bench.build(bench.checkout(), "read")
        check(f"{name}: the next clone runs nothing of it", code == 0 and same == roots
              and not any(masked(step) for step in again), f"{err} {met} {again}")
        for key in keys:
            bench.write(key, before[key])
    bench.write(largest, before[largest])


def connections(bench, roots):
    start = bench.proxy.count
    bench.build(bench.checkout(), "read")
    many = bench.proxy.count - start
    wrong = []
    for at in range(many):
        for most in (0, 100, 3000):
            bench.proxy.broken({at: most})
            code, same, _, _, err = bench.build(bench.checkout(), "read")
            if code != 0 or same != roots:
                wrong.append((at, most, err))
    check(f"each of {many} connections of a clone breaks off at three places: the roots are the same", not wrong, wrong)
    bench.proxy.broken({"all": 0})
    code, same, met, _, err = bench.build(bench.checkout(), "read")
    check("a remote that is gone costs kernels, and is told", code == 0 and same == roots and met.get("failed", 0) > 0, f"{err} {met}")
    folder = bench.checkout(" of a push that breaks off")
    code, out, err = bench.run(folder, "build", "--quiet")
    code, out, err = bench.run(folder, "push")
    check("a push to a remote that is gone ends with 3 and says that it goes on later", code == 3 and "goes on" in err, out + err)
    bench.proxy.broken({})
    code, out, err = bench.run(folder, "push")
    check("and goes on once it is there", code == 0, out + err)


def searched(bench):
    whole = b"".join(bench.read(key) for key in bench.objects())
    found = [s for s in SECRETS for form in (s.encode(), hashlib.sha256(s.encode()).hexdigest().encode(), s.encode().hex().encode()) if form in whole]
    check(f"{len(whole):,} bytes of the bucket hold none of {len(SECRETS)} addresses", not found and len(whole) > 10_000, found[:5])
    check("and they do hold what was let through", b"about stone" in whole)


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as root:
        bench = Bench(sys.argv[1], root)
        roots = clones(bench)
        writers(bench, roots)
        damage(bench, roots)
        connections(bench, roots)
        searched(bench)
        bench.server.stop()
    print(f"{len(failed)} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
