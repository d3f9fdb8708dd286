//! Whether bytes are what their name says: a page that tells of an error, in place of the data, is no data.

/// Ends of names, how files of such a name begin, and what they are.
const MARKS: [(&str, &[&[u8]], &str); 12] = [
    (".gz .tgz", &[b"\x1f\x8b"], "a gzip file"),
    (".zst", &[b"\x28\xb5\x2f\xfd"], "a Zstandard file"),
    (".zip", &[b"PK\x03\x04", b"PK\x05\x06"], "a zip archive"),
    (".parquet", &[b"PAR1"], "a Parquet file"),
    (".arrow .feather", &[b"ARROW1"], "an Arrow file"),
    (".png", &[b"\x89PNG\r\n\x1a\n"], "a PNG image"),
    (".jpg .jpeg", &[b"\xff\xd8\xff"], "a JPEG image"),
    (".gif", &[b"GIF8"], "a GIF image"),
    (".webp", &[b"RIFF"], "a WebP image"),
    (".bmp", &[b"BM"], "a BMP image"),
    (".tif .tiff", &[b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"], "a TIFF image"),
    (".db .sqlite .sqlite3", &[b"SQLite format 3\0"], "a database of SQLite"),
];

/// Bytes of a file that are looked at.
pub const HEAD: usize = 1024;

/// What is wrong with the beginning of a file, by its name.
pub fn wrong(name: &str, head: &[u8]) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let page = is_page(head);
    if let Some((_, marks, what)) = MARKS.iter().find(|(ends, ..)| ends.split(' ').any(|end| name.ends_with(end))) {
        let is = marks.iter().any(|mark| head.starts_with(mark));
        let came = if page { "; a web page came instead" } else { "" };
        return (!is).then(|| format!("its bytes are not those of {what}{came}"));
    }
    let hypertext = [".html", ".htm", ".xhtml", ".xml", ".svg", ".txt", ".md"].iter().any(|end| name.ends_with(end));
    (page && !hypertext).then(|| "a web page came instead of the data".into())
}

/// Whether bytes are the beginning of a page in HTML.
fn is_page(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |with: &[u8]| head.get(..with.len()).is_some_and(|b| b.eq_ignore_ascii_case(with));
    [&b"<!doctype html"[..], b"<html", b"<head"].iter().any(|mark| begins(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_in_place_of_data_are_told() {
        let page = b"\n<!DOCTYPE HTML><title>Not found</title>";
        assert!(wrong("train.jsonl", page).unwrap().contains("web page"));
        assert!(wrong("a.TAR.GZ", page).unwrap().contains("gzip file; a web page"));
        assert_eq!(wrong("a.html", page), None);
        assert_eq!(wrong("train.jsonl", b"{\"text\": \"<html>\"}"), None);
        assert_eq!(wrong("a.gz", b"\x1f\x8b\x08"), None);
        assert_eq!(wrong("a.csv", b""), None);
        assert!(wrong("a.png", b"\xff\xd8\xff\xe0").unwrap().contains("PNG"));
    }
}
