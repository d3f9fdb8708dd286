//! WARC: a file that begins with the head of a record.
use super::recogniser::{Key, Recogniser};
use crate::formats::warc::TEXT;
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "warc", sees, ids: &["record"] };

/// What a field of a format is taken from in this build, where the first records do not all have what it usually is.
pub fn taken<'w>(format: &str, word: &'w str) -> &'w str {
    if format == RECOGNISER.format && word == "text" { TEXT } else { word }
}

/// What there is to say of a source whose pages are taken as they were sent.
pub fn remark(format: &str, selector: &str) -> Option<&'static str> {
    (format == RECOGNISER.format && selector == "source").then_some(
        "`source` is each page as it was sent: its main text is `text`, which takes a tamis with the feature `crawl`",
    )
}

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let first = b.bytes.split(|byte| *byte == b'\n').next()?;
    let is_version =
        first.strip_prefix(b"WARC/")?.trim_ascii_end().iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    is_version.then(Vec::new)
}

#[cfg(test)]
mod tests {
    use super::{remark, taken};

    #[test]
    fn a_build_that_reads_no_pages_takes_them_as_they_were_sent() {
        let own = if cfg!(feature = "crawl") { "text" } else { "source" };
        assert_eq!([taken("warc", "text"), taken("warc", "url"), taken("jsonl", "text")], [own, "url", "text"]);
        assert_eq!([remark("warc", "source").is_some(), remark("warc", "text").is_some()], [true, false]);
    }
}
