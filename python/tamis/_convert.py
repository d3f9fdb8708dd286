"""A split as what other libraries work with. Each library is imported when it is asked for, and named if it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from ._errors import ReleaseError, needs
from ._formats import arrow_type, typed
from ._shown import shown
from ._types import Type
from .nouns import Box, classes_of

if TYPE_CHECKING:
    from ._release import Release, Split

_INTS = {"i8": "Int8", "i16": "Int16", "i32": "Int32", "i64": "Int64"}
_UNSIGNED = {"u8": "UInt8", "u16": "UInt16", "u32": "UInt32", "u64": "UInt64"}


def to_arrow(split: "Split") -> Any:
    """See `Split.to_arrow`. Files of Parquet or Arrow are taken where the release has them."""
    pa = needs("pyarrow", "to_arrow()")
    release = split.release
    typed_format = next((f for f in ("parquet", "arrow") if f in release.formats), None)
    schema = pa.schema([(c, arrow_type(pa, release.types[c])) for c in release.columns])
    table = split._source(typed_format).table() if typed_format else None
    if table is None:
        columns = _columns(split)
        arrays = [_array(pa, release.types[c], columns[c], field.type) for c, field in zip(release.columns, schema)]
        return pa.Table.from_arrays(arrays, schema=schema)
    missing = [c for c in release.columns if c not in table.column_names]
    if missing or table.num_rows != len(split):
        say = f"{table.num_rows} rows, without {', '.join(missing) or 'a missing column'}"
        raise ReleaseError(f"split {shown(split.name)} in {typed_format} is not as release.json says: {shown(say)}")
    return table.select(list(release.columns)).cast(schema)


def _columns(split: "Split") -> Dict[str, List[Any]]:
    """The values of each column, as plain values; pictures as structs of `bytes` and `path`."""
    release = split.release
    out: Dict[str, List[Any]] = {c: [] for c in release.columns}
    images = {c for c in release.columns if release.types[c].kind == "image"}
    for row in split.records():
        for column, value in row.items():
            out[column].append(_picture(release, value) if column in images else value)
    return out


def _picture(release: "Release", value: Any) -> Optional[Dict[str, Any]]:
    picture = release._picture(value)
    if picture is None:
        return None
    name = value.get("path") or (picture.path or f"{picture.digest}.{picture.format}").rsplit("/", 1)[-1]
    return {"bytes": picture.read() if picture.readable else None, "path": name}


def _array(pa: Any, ty: Type, values: List[Any], arrow: Any) -> Any:
    if ty.kind == "date":
        import datetime

        values = [None if v is None else datetime.date.fromisoformat(v) for v in values]
    elif ty.kind != "image":
        values = [typed(ty, v) for v in values]
    return pa.array(values, type=arrow)


def to_pandas(split: "Split") -> Any:
    """See `Split.to_pandas`."""
    pandas = needs("pandas", "to_pandas()")
    columns = _columns(split)
    types = split.release.types
    return pandas.DataFrame({c: _series(pandas, types[c], values) for c, values in columns.items()})


def _series(pandas: Any, ty: Type, values: List[Any]) -> Any:
    kinds = {**_INTS, **_UNSIGNED, "bool": "boolean", "f32": "float32", "f64": "float64"}
    if ty.kind in kinds:
        return pandas.Series(values, dtype=kinds[ty.kind])
    if ty.kind == "date":
        return pandas.Series(pandas.to_datetime(values, format="%Y-%m-%d"))
    return pandas.Series(values, dtype=object)


def to_datasets(split: "Split") -> Any:
    """See `Split.to_datasets`."""
    datasets = needs("datasets", "to_datasets()")
    made = datasets.Dataset(to_arrow(split), split=datasets.NamedSplit(split.name))
    for column, ty in split.release.types.items():
        if ty.kind == "image":
            made = made.cast_column(column, datasets.Image())
    return made


def to_datasets_all(release: "Release") -> Any:
    """See `Release.to_datasets`."""
    datasets = needs("datasets", "to_datasets()")
    return datasets.DatasetDict({name: to_datasets(split) for name, split in release.items() if len(split)})


def to_torch(split: "Split", transform: Optional[Callable[[Dict[str, Any]], Any]]) -> Any:
    """See `Split.to_torch`."""
    data = needs("torch.utils.data", "to_torch()")
    torch = needs("torch", "to_torch()")
    cells = {c: _tensor_of(torch, split.release, c) for c in split.columns}

    class Rows(data.Dataset):  # type: ignore[name-defined]
        """Rows of a split of a release as dicts of tensors and plain values."""

        def __len__(self) -> int:
            return len(split)

        def __getitem__(self, number: int) -> Any:
            row = {c: cells[c](v) for c, v in split[number].items()}
            return row if transform is None else transform(row)

    return Rows()


def _tensor_of(torch: Any, release: "Release", column: str) -> Callable[[Any], Any]:
    """What makes a tensor of a cell of a column; values of other types stay."""
    ty = release.types[column]
    whole = {**_INTS, **_UNSIGNED}
    kinds = {**dict.fromkeys(whole, torch.int64), "f32": torch.float32, "f64": torch.float32, "bool": torch.bool}
    if ty.kind in kinds:
        return lambda v: None if v is None else torch.tensor(v, dtype=kinds[ty.kind])
    inner = ty.of[0] if ty.kind == "list" else None
    if inner is not None and inner.kind in kinds:
        return lambda v: None if v is None or None in v else torch.tensor(v, dtype=kinds[inner.kind])
    if inner is not None and inner.names == ("class", "x1", "y1", "x2", "y2", "flags"):
        number = {name: n for n, name in enumerate(release.classes(column))}

        def boxes(items: Optional[List[Box]]) -> Any:
            if items is None:
                return None
            places = torch.tensor([b.xyxy for b in items], dtype=torch.float32).reshape(-1, 4)
            labels = torch.tensor([number[c] for c in classes_of(items)], dtype=torch.int64)
            return {"boxes": places, "labels": labels}

        return boxes
    return lambda v: v
