"""Makes the Parquet files of this folder with pyarrow 26.0 (any version will do):
python3 tests/cases/inputs/parquet_pyarrow/make.py tests/cases/inputs/parquet_pyarrow"""
import datetime
import sys
import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]
n = 10
table = pa.table(
    {
        "key": pa.array(range(100, 100 + n), pa.int32()),
        "text": pa.array([None if i == 3 else f"text {i} 가" for i in range(n)]),
        "kind": pa.array(["long" if i % 2 else "short" for i in range(n)]).dictionary_encode(),
        "n": pa.array([2**63 if i == 5 else i for i in range(n)], pa.uint64()),
        "score": pa.array([float("nan") if i == 6 else i / 2 for i in range(n)], pa.float32()),
        "good": pa.array([i % 3 == 0 for i in range(n)]),
        "day": pa.array([datetime.date(2024, 2, 20 + i) for i in range(n)]),
        "tags": pa.array([["a", "b"]] * n),
        "when": pa.array([datetime.datetime(2024, 1, 1)] * n, pa.timestamp("us")),
        "meta": pa.array([None if i == 2 else {"source": f"s{i}", "page": {"n": i}} for i in range(n)]),
    }
)
pq.write_table(table, f"{folder}/pyarrow.parquet", row_group_size=4)
pq.write_table(table.select(["key", "text"]), f"{folder}/pyarrow_gzip.parquet", compression="gzip")
