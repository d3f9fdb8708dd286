"""Makes pictures.parquet as `datasets` writes images: objects of bytes and path. pyarrow 26.0.1; the pictures are made up."""

import struct
import sys
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def png(width, height):
    rows = b"".join(b"\0" + bytes((9 * x + 5 * y) % 256 for x in range(width)) for y in range(height))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


images = [
    {"bytes": png(8, 6), "path": "one.png"},
    {"bytes": png(5, 9), "path": None},
    {"bytes": None, "path": "elsewhere.png"},
    None,
    {"bytes": b"<html>not found</html>", "path": "page.jpg"},
]
kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
table = pa.table({
    "key": ["one", "two", "three", "four", "five"],
    "image": pa.array(images, kind),
    "objects": [{"bbox": [[1.0, 1.0, 3.0, 2.0]], "categories": [0]}] + [{"bbox": [], "categories": []}] * 4,
})
pq.write_table(table, Path(sys.argv[0]).with_name("pictures.parquet"))
