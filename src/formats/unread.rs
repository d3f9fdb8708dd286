//! Units of which no reader makes records: what the scan refused, and pointers that stand in for the data.
use super::pointer;
use super::reader::{Ask, Reader, Records, Unit};

/// Reads a unit. Where it is a pointer, that is said of each of its records instead.
pub fn read(reader: &Reader, ask: &Ask, unit: &Unit, out: &mut Records) {
    let Some(say) = pointer::told(unit.context.unwrap_or(unit.bytes)) else { return (reader.read)(ask, unit, out) };
    let records = (reader.cut)(&ask.options).records(unit.bytes, ask.record_max);
    (0..records).for_each(|n| out.drop_at(unit.row, n, 0, pointer::RULE, say));
}

/// Why no reader may be given a unit, by the rule under which the scan refused it.
pub fn words(rule: &str) -> &'static str {
    match rule {
        "record.too_large" => "the record is longer than record_max",
        "file.truncated" => "the file breaks off: its end is missing",
        "file.compression" => "the compressed file is damaged",
        "file.checksum" => "the checksum of the packed file does not fit: it is damaged",
        "file.packing" => "it is in a packing that is not read: unpack it, or pack it as .gz or .zst",
        "file.trailing" => "something that is not packed stands behind the packed data, all of which was read",
        pointer::RULE => {
            "a pointer of Git LFS, DVC or git-annex stands in for the data: `git lfs pull`, `dvc pull` or `git annex get` \
             fetches it"
        }
        "file.packed" => "a compressed file of this format is not read: unpack it",
        "parquet.footer" => "it has no footer of Parquet that can be read",
        "arrow.list" => "it is no file or stream of Arrow IPC that can be read, or its dictionaries are too large",
        "csv.endless" => "longer than record_max, and of many lines: a quote is perhaps opened and never closed",
        "archive.behind" => {
            "something stands behind the end of the archive, as where two were put together: unpack them"
        }
        "archive.broken" => "the archive is damaged or breaks off here",
        "archive.format" => "files of this format are not read out of an archive: unpack it",
        "member.name" => "a member of an archive whose name leads elsewhere or is no plain text",
        "member.link" => "a link in an archive",
        "member.part" => {
            "a file of an archive that belongs to no sample: its name has no extension, or is one about the archive (`__meta__`)"
        }
        "member.encrypted" => "a member of an archive that is encrypted",
        "member.method" => "a member of a zip archive that is packed otherwise than by deflate",
        "member.kind" => "neither a file nor a folder in an archive",
        "path.link" => "a link that leads out of the project, to a folder, nowhere or in a circle",
        "path.depth" => "it lies too deep in folders",
        "path.encoding" => "the file's name is not UTF-8",
        _ => "it cannot be read as data",
    }
}
