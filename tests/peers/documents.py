#!/usr/bin/env python3
"""Reads the documents of releases with the programs that they are made for, without a network.

usage: documents.py [--cffconvert PROGRAM] [--each] RELEASE...

Each check is PASS, FAIL, or `-` where a release does not have the document. A warning of a program counts as FAIL. With
`--each` every check must pass on at least one of the releases. Ends with the number of failures, at most 100.
The process moves itself into a network of its own where the kernel allows it (`unshare`), and says so.
"""
import argparse
import contextlib
import csv
import hashlib
import io
import json
import logging
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WITHOUT_NETWORK = "TAMIS_DOCUMENTS_CUT"
BIN = pathlib.Path(sys.executable).parent


class Absent(Exception):
    """The release does not have what a check reads."""


def demand(good, say):
    if not good:
        raise AssertionError(say)


def need(folder, name):
    if not (folder / name).is_file():
        raise Absent(name)
    return folder / name


def read_json(folder, name):
    return json.loads(need(folder, name).read_text(encoding="utf-8"))


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)
    return done.returncode, done.stdout + done.stderr


# ---- a check for each document ---------------------------------------------------------------------------------------


def croissant(folder, _):
    """mlcroissant: neither an error nor a warning, and every record of every split."""
    import mlcroissant

    need(folder, "croissant.json")
    code, said = run(BIN / "mlcroissant", "validate", "--jsonld", "croissant.json", cwd=folder)
    wrong = [line.strip() for line in said.splitlines() if line.strip().startswith("-") or "WARNING" in line]
    demand(code == 0 and not wrong, "; ".join(wrong[:4]) or said[-400:])
    described = read_json(folder, "croissant.json")
    for file in described["distribution"]:
        if file["@type"] == "cr:FileObject":
            demand(sha256(folder / file["contentUrl"]) == file["sha256"], file["contentUrl"])
        else:
            demand(list(folder.glob(file["includes"])), f"{file['includes']} names nothing")
    rows = {split: entry["rows"] for split, entry in read_json(folder, "release.json")["splits"].items()}
    with contextlib.chdir(folder):
        dataset = mlcroissant.Dataset("croissant.json")
        sets = [s.id for s in dataset.metadata.record_sets if s.id in rows]
        got = {split: sum(1 for _ in dataset.records(split)) for split in sets}
    demand(all(got[split] == rows[split] for split in got), f"{got}, release.json has {rows}")
    return f"{len(described['distribution'])} of its distribution, records {got}"


def card(folder, _):
    """huggingface_hub reads the header, and it holds what a hub filters by."""
    from huggingface_hub import DatasetCard

    text = need(folder, "README.md").read_text(encoding="utf-8")
    header = DatasetCard(text).data.to_dict()
    wanted = ["license", "pretty_name", "size_categories", "task_categories"]
    missing = [key for key in wanted if not header.get(key)]
    demand(not missing, f"the header lacks {missing}")
    return f"{header['license']}, {header['size_categories']}, {header['task_categories']}"


def load(folder, _):
    """`datasets` loads the folder by its card."""
    from datasets import load_dataset

    if not any((folder / f).is_dir() for f in ("parquet", "jsonl", "csv")) and not list(folder.glob("images/*/metadata.jsonl")):
        raise Absent("table")
    loaded = load_dataset(str(folder))
    rows = {s.replace("-", "_"): e["rows"] for s, e in read_json(folder, "release.json")["splits"].items() if e["rows"]}
    got = {split: len(loaded[split]) for split in loaded}
    demand(got == rows, f"{got}, release.json has {rows}")
    return str(got)


def tables(folder, _):
    """pandas and polars read the same rows and columns from Parquet and CSV as release.json tells."""
    import pandas
    import polars

    release = read_json(folder, "release.json")
    got = {}
    for kind, pandas_read, polars_read in (
        ("parquet", pandas.read_parquet, polars.read_parquet),
        ("csv", lambda path: pandas.read_csv(path, keep_default_na=False), lambda path: polars.read_csv(path, infer_schema=False)),
    ):
        for split, entry in release["splits"].items():
            files = sorted((folder / kind).glob(f"{split}-{'[0-9]' * 5}.{kind}"))
            if not files:
                continue
            read = [(pandas_read(path), polars_read(path)) for path in files]
            demand(sum(len(a) for a, _ in read) == sum(len(b) for _, b in read) == entry["rows"], f"{kind} {split}")
            demand(all(list(a.columns) == b.columns == release["columns"] for a, b in read), f"{kind} {split}: columns")
            got[kind] = got.get(kind, 0) + entry["rows"]
    if not got:
        raise Absent("table")
    return str(got)


def datapackage(folder, _):
    """frictionless: lengths, sums, and of CSV the types, constraints and keys."""
    need(folder, "datapackage.json")
    code, said = run(BIN / "frictionless", "validate", "datapackage.json", "--json", cwd=folder)
    demand("{" in said, said[-400:])
    report = json.loads(said[said.index("{"):])
    errors = report.get("errors", []) + [e for task in report.get("tasks", []) for e in task.get("errors", [])]
    warnings = [w for task in report.get("tasks", []) for w in task.get("warnings", [])]
    demand(code == 0 and report["valid"] and not warnings, "; ".join(str(e) for e in (errors + warnings)[:3]))
    return f"{report['stats']['tasks']} resources"


def spdx(folder, _):
    """spdx-python-model reads it and writes it again; what the profile of data sets asks for is there."""
    from spdx_python_model import v3_0_1 as model

    objects = model.SHACLObjectSet()
    with need(folder, "spdx.json").open("rb") as file:
        model.JSONLDDeserializer().read(file, objects)
    objects.link()
    model.JSONLDSerializer().write(objects, io.BytesIO())
    [package] = list(objects.foreach_type(model.dataset_DatasetPackage))
    for name in ("builtTime", "releaseTime", "originatedBy", "software_downloadLocation", "software_primaryPurpose", "dataset_datasetType"):
        demand(getattr(package, name), f"the package lacks {name}")
    for kind in ("hasDeclaredLicense", "hasConcludedLicense"):
        relations = [r for r in objects.foreach_type(model.Relationship) if str(r.relationshipType).endswith(kind)]
        demand(len(relations) == 1, f"{len(relations)} relations {kind}")
    files = [f for f in objects.foreach_type(model.software_File) if f.verifiedUsing]
    for file in files:
        demand(sha256(folder / file.name) == file.verifiedUsing[0].hashValue, file.name)
    return f"{len(files)} files with their sums"


def datacite(folder, _):
    from datacite import schema45

    schema45.validator.validate(read_json(folder, "datacite.json"))
    return "schema 4.5"


def citation(folder, options):
    need(folder, "CITATION.cff")
    if not options.cffconvert:
        raise Absent("cffconvert")
    code, said = run(options.cffconvert, "--validate", "-i", folder / "CITATION.cff")
    demand(code == 0, said.strip()[-400:])
    code, said = run(options.cffconvert, "-f", "bibtex", "-i", folder / "CITATION.cff")
    demand(code == 0 and "title" in said, said.strip()[-400:])
    return "cffconvert validates it and writes BibTeX"


def provenance(folder, _):
    """in-toto-attestation reads the statement; it names every file before it with its sum."""
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    text = need(folder, "provenance.intoto.json").read_text(encoding="utf-8")
    Statement.copy_from_pb(json_format.Parse(text, statement_pb2.Statement())).validate()
    subjects = json.loads(text)["subject"]
    for subject in subjects:
        demand(sha256(folder / subject["name"]) == subject["digest"]["sha256"], subject["name"])
    here = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    behind = {"provenance.intoto.json", "ro-crate-metadata.json", "B3SUMS", "SHA256SUMS"}
    demand(here - behind == {s["name"] for s in subjects}, str(sorted(here - behind ^ {s["name"] for s in subjects})[:4]))
    return f"{len(subjects)} subjects"


def ro_crate(folder, _):
    """rocrate opens it and finds every file."""
    from rocrate.rocrate import ROCrate

    need(folder, "ro-crate-metadata.json")
    crate = ROCrate(str(folder))
    parts = [e for e in crate.data_entities if "://" not in e.id]
    missing = [e.id for e in parts if not (folder / e.id).exists()]
    demand(not missing, f"absent: {missing[:4]}")
    for key in ("name", "description", "datePublished", "license"):
        demand(crate.root_dataset.get(key), f"the root has no {key}")
    for entity in parts:
        if entity.get("sha256"):
            demand(sha256(folder / entity.id) == entity["sha256"], entity.id)
    return f"{len(parts)} entities"


def ro_crate_profile(folder, _):
    """rocrate-validator with the profile 1.3, what it requires and what it recommends. It wants the context by HTTP, so the copy
    that the package `rocrate` brings is put into its cache."""
    need(folder, "ro-crate-metadata.json")
    with tempfile.TemporaryDirectory() as work:
        cache, out = pathlib.Path(work) / "http", pathlib.Path(work) / "report.json"
        fill_cache(cache)
        code, said = run(
            BIN / "rocrate-validator", "-y", "--disable-color", "validate", "--offline", "--cache-path", cache, "-l", "required",
            "-p", "ro-crate-1.3", "--output-format", "json", "--output-file", out, folder,
        )
        report = json.loads(out.read_text()) if out.exists() else {}
    wrong = [str(i.get("message")) for i in report.get("issues", [])]
    demand(code == 0 and report.get("passed"), "; ".join(wrong[:4]) or said[-400:])
    return "ro-crate-1.3"


def fill_cache(cache):
    import importlib.resources

    import requests.adapters
    import urllib3
    from requests_cache import CachedSession

    body = (importlib.resources.files("rocrate") / "data" / "ro-crate.jsonld").read_bytes()

    class Local(requests.adapters.HTTPAdapter):
        def send(self, request, **_):
            head = {"Content-Type": "application/ld+json"}
            raw = urllib3.HTTPResponse(body=io.BytesIO(body), status=200, headers=head, preload_content=False, request_url=request.url)
            return self.build_response(request, raw)

    session = CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1)
    session.mount("https://", Local())
    for headers in ({"Accept": "application/ld+json, application/json"}, {"Accept": "application/ld+json"}, {}):
        session.get("https://w3id.org/ro/crate/1.3/context", headers=headers)
    session.close()


def csv_cells(folder, _):
    """Python's csv, strictly, reads as many rows under the header of release.json; texts are those of the JSON Lines beside them."""
    files = sorted((folder / "csv").glob("*.csv"))
    if not files:
        raise Absent("CSV")
    columns = read_json(folder, "release.json")["columns"]
    rows = []
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            demand(reader.fieldnames == columns, f"{path.name}: {reader.fieldnames}")
            rows += list(reader)
    lines = [line for path in sorted((folder / "jsonl").glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    beside = [json.loads(line) for line in lines]
    for row, own in zip(rows, beside):
        texts = {name: value for name, value in own.items() if isinstance(value, str)}
        demand(all(row[name] == value for name, value in texts.items()), f"{row} {own}")
    demand(not beside or len(beside) == len(rows), f"{len(rows)} rows, {len(beside)} lines")
    return f"{len(rows)} rows"


def datasheet(folder, _):
    """As many blanks are marked as it says, and as release facts count."""
    text = need(folder, "DATASHEET.md").read_text(encoding="utf-8")
    marked = len(re.findall(r"^> _", text, re.M))
    questions = len(re.findall(r"^\*\*.+\*\*$", text, re.M))
    told = [int(n) for n in re.findall(r"\d+", text.splitlines()[2])]
    demand(sorted(told) == sorted([marked, questions]), f"{told}, {marked} of {questions}")
    return f"{questions - marked} of {questions} questions answered"


def agreement(folder, _):
    """Name, version, licence, creators, date, splits, and sums are the same in all documents that have them."""
    release = read_json(folder, "release.json")
    sums = {l[66:]: l[:64] for l in need(folder, "SHA256SUMS").read_text(encoding="utf-8").splitlines()}
    said = {}

    def note(what, document, value):
        if value not in (None, [], ""):
            said.setdefault(what, {})[document] = value

    def has(name):
        return (folder / name).is_file()

    note("version", "release.json", release["version"])
    note("name", "release.json", release["name"])
    if has("croissant.json"):
        c = read_json(folder, "croissant.json")
        note("version", "croissant", c["version"])
        note("name", "croissant", c["name"])
        note("date", "croissant", c.get("datePublished"))
        note("creators", "croissant", [x["name"] for x in c.get("creator", [])])
        note("licence", "croissant", c["license"])
        for f in c["distribution"]:
            if "sha256" in f:
                note(f"sum of {f['@id']}", "croissant", f["sha256"])
    if has("datapackage.json"):
        d = read_json(folder, "datapackage.json")
        note("version", "datapackage", d["version"])
        note("name", "datapackage", d["name"])
        note("date", "datapackage", d.get("created", "")[:10])
        note("creators", "datapackage", [x["title"] for x in d.get("contributors", [])])
        note("licence", "datapackage", d["licenses"][0].get("path", d["licenses"][0]["name"]))
        for r in d["resources"]:
            note(f"sum of {r['path']}", "datapackage", r["hash"].removeprefix("sha256:"))
    if has("datacite.json"):
        d = read_json(folder, "datacite.json")
        note("version", "datacite", d["version"])
        note("name", "datacite", d["titles"][0]["title"])
        note("date", "datacite", d["dates"][0]["date"])
        note("creators", "datacite", [x["name"] for x in d["creators"]])
        note("licence", "datacite", d["rightsList"][0].get("rightsUri", d["rightsList"][0]["rights"]))
    if has("ro-crate-metadata.json"):
        g = {e["@id"]: e for e in read_json(folder, "ro-crate-metadata.json")["@graph"]}
        root = g["./"]
        note("version", "ro-crate", root["version"])
        note("date", "ro-crate", root["datePublished"])
        note("creators", "ro-crate", [g[a["@id"]]["name"] for a in root.get("author", [])])
        for e in g.values():
            if "sha256" in e:
                note(f"sum of {e['@id']}", "ro-crate", e["sha256"])
    if has("spdx.json"):
        for e in read_json(folder, "spdx.json")["@graph"]:
            if e["type"] == "software_File" and "verifiedUsing" in e:
                note(f"sum of {e['name']}", "spdx", e["verifiedUsing"][0]["hashValue"])
            if e["type"] == "dataset_DatasetPackage":
                note("version", "spdx", e["software_packageVersion"])
                note("name", "spdx", e["name"])
                note("date", "spdx", e["releaseTime"][:10])
    for path, digest in sums.items():
        if f"sum of {path}" in said:
            note(f"sum of {path}", "SHA256SUMS", digest)
    apart = {what: by for what, by in said.items() if len({json.dumps(v) for v in by.values()}) > 1}
    demand(not apart, str(dict(list(apart.items())[:3])))
    return f"{len(said)} things said by up to {max(len(by) for by in said.values())} documents"


CHECKS = (
    croissant, card, load, tables, datapackage, spdx, datacite, citation, datasheet, provenance, ro_crate, ro_crate_profile,
    csv_cells, agreement,
)


def without_network():
    """Starts itself again in a network of its own, where nothing answers; says whether that is so."""
    if os.environ.get(WITHOUT_NETWORK):
        return True
    unshare = shutil.which("unshare")
    for flags in (["-n"], ["-rn"]) if unshare else ():
        if subprocess.run([unshare, *flags, "true"], capture_output=True).returncode == 0:
            os.environ[WITHOUT_NETWORK] = "1"
            os.execv(unshare, [unshare, *flags, sys.executable, *sys.argv])
    return False


def main():
    cut = without_network()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cffconvert", help="cffconvert of a virtual environment of its own")
    parser.add_argument("--each", action="store_true", help="every check must pass on at least one release")
    parser.add_argument("releases", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    passed, failed = set(), 0
    with tempfile.TemporaryDirectory() as work:
        os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HOME=f"{work}/hub", HF_DATASETS_CACHE=f"{work}/hub")
        os.environ.update(HF_DATASETS_DISABLE_PROGRESS_BARS="1", XDG_CACHE_HOME=f"{work}/cache", PYTHONWARNINGS="ignore")
        for n, original in enumerate(options.releases):
            folder = pathlib.Path(work) / f"release-{n}"
            shutil.copytree(original, folder)  # programs may write beside what they read
            print(original)
            for check in CHECKS:
                try:
                    verdict, say = "PASS", check(folder, options)
                    passed.add(check)
                except Absent as e:
                    verdict, say = "-", f"no {e}"
                except Exception as e:  # a program that breaks down has not read it
                    verdict, say = "FAIL", f"{type(e).__name__}: {e}"
                    failed += 1
                print(f"  {verdict:4} {check.__name__:17} {' '.join(str(say).split())[:300]}")
    never = [check.__name__ for check in CHECKS if check not in passed]
    if options.each and never:
        print(f"passed on no release: {', '.join(never)}")
        failed += len(never)
    print(f"{failed} failed; the network is {'cut' if cut else 'NOT cut'}")
    return min(failed, 100)


if __name__ == "__main__":
    sys.exit(main())
