//! Archives of samples, written. The key is the name of the image's file, or a digest of the id where a sample has no image; a dot in it is `%2E`, since readers
//! take what follows the first dot for the name of the part. The JSON holds all other released columns. Times, owners and
//! rights are the same in each archive, so that the same samples are the same bytes.
use crate::digest::Digest;
use crate::formats::jsonl;
use crate::formats::writer::{Chunk, Join, Lost, Needs, Place, Sheet, Writer, length_alone, one_after_another};
use crate::table::{Value, value_at};
use serde_json::Value as Json;
use std::io::{BufRead, Read};
use tar::{Archive, Builder, EntryType, Header};

pub const WRITER: Writer = Writer {
    version: 1,
    uses: &[],
    files: "webdataset/SPLIT-NNNNN.tar",
    doc: "`KEY.jpg` and `KEY.json` of each sample one after another",
    needs: Needs { columns: true, bytes: true, ..Needs::NONE },
    encode,
    outline: length_alone,
    join,
    samples: Some(samples),
    values: None,
    place: Place::Nowhere,
    table: false,
    loses: &[],
    index: None,
};

/// What ends an archive: two blocks of zeros.
const END: [u8; 1024] = [0; 1024];

fn encode(sheet: &Sheet, _: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let image = sheet.columns.iter().find(|(name, _)| name == "image").map(|(_, array)| array.clone());
    let columns = sheet.columns.iter().filter(|(name, _)| name != "image").cloned().collect();
    let lines = jsonl::lines(&Sheet { rows: sheet.rows, columns, ..Sheet::default() }, None);
    let ids = sheet.cells::<String>("id");
    let mut out = Builder::new(Vec::new());
    for (row, line) in lines.split(|b| *b == b'\n').filter(|line| !line.is_empty()).enumerate() {
        let image = image.as_ref().map_or(Value::Null, |array| value_at(array.as_ref(), row));
        let key = match image.field("path").text().and_then(|path| path.rsplit_once('.')) {
            Some((stem, end)) => {
                let key = escaped(stem);
                if let Value::Bytes(bytes) = image.field("bytes") {
                    add(&mut out, &format!("{key}.{end}"), bytes)?;
                }
                key
            }
            None => {
                let id = ids.get(row).and_then(Option::as_deref).unwrap_or_default();
                Digest::of(id.as_bytes()).hex().chars().take(32).collect()
            }
        };
        add(&mut out, &format!("{key}.json"), line)?;
    }
    let mut bytes = out.into_inner().map_err(|e| e.to_string())?;
    bytes.truncate(bytes.len().saturating_sub(END.len())); // archives are joined
    Ok(bytes)
}

fn escaped(stem: &str) -> String {
    stem.replace('%', "%25").replace('.', "%2E")
}

fn add(out: &mut Builder<Vec<u8>>, name: &str, bytes: &[u8]) -> Result<(), String> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    out.append_data(&mut header, name, bytes).map_err(|e| e.to_string())
}

fn join(of: &Join) -> Result<Vec<Chunk>, String> {
    let mut chunks = one_after_another(of)?;
    chunks.push(Chunk::Bytes(END.to_vec()));
    Ok(chunks)
}

/// Longest record of a sample.
const RECORD_MAX: u64 = 1 << 28;

/// Each sample by the id in its JSON. The files of a sample stand together.
fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let wrong = |e: std::io::Error| format!("does not read: {e}");
    let mut archive = Archive::new(input);
    let mut open: Option<String> = None;
    for entry in archive.entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let (key, part) = name.rsplit_once('.').ok_or("holds a file without an extension")?;
        if open.as_deref().is_some_and(|before| before != key) {
            return Err(format!("{} has no JSON", open.unwrap_or_default()));
        }
        open = Some(key.to_string()).filter(|_| part != "json");
        if part == "json" {
            let mut bytes = Vec::new();
            entry.by_ref().take(RECORD_MAX).read_to_end(&mut bytes).map_err(wrong)?;
            let record: Json = serde_json::from_slice(&bytes).map_err(|e| format!("{name} does not read: {e}"))?;
            tell(record.get("id").and_then(Json::as_str));
        }
    }
    match open {
        Some(key) => Err(format!("{key} has no JSON")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::array_of;

    #[test]
    fn archives_are_joined_of_samples() {
        let ids = array_of(["a", "b"].map(|id| Some(id.to_string())));
        let mut sheet = Sheet { rows: 2, columns: vec![("id".into(), ids.clone())], ..Sheet::default() };
        sheet.roles.insert("id".into(), ids);
        let piece = encode(&sheet, &mut Vec::new()).unwrap();
        assert_eq!((piece.len() % 512, encode(&sheet, &mut Vec::new()).unwrap() == piece), (0, true));
        let file = [piece.as_slice(), &END].concat();
        let mut seen = Vec::new();
        samples(&mut file.as_slice(), &mut |id| seen.extend(id.map(String::from))).unwrap();
        assert_eq!(seen, ["a", "b"]);
        assert_eq!(escaped("a.b%"), "a%2Eb%25");
        assert!(samples(&mut &file[..700], &mut |_| ()).is_err(), "half an archive");
    }
}
