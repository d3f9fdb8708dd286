//! What the beginning of a CSV file tells of its dialect.
use super::csv_fields::{NAMES, behind_skipped, header, values};
use super::cut::Split;
use super::cut::members::ReadAt;
use super::cut::quoted::{Dialect, separator};
use super::cut::text::lengths;
use super::doubt::{Doubt, LOOKED};
use super::encoding::{self, ENCODING};
use super::options::Options;
use super::reader::strip_bom;

/// Values are parted by one of these where they are not parted by what is declared.
const MARKS: [(u8, &str); 4] =
    [(b';', "semicolon-separated"), (b'\t', "tab-separated"), (b'|', "separated by `|`"), (b',', "comma-separated")];

/// The key that names the delimiter, and what stands in front of it in what is proposed.
pub type Says = (&'static str, &'static str);
pub const CSV_SAYS: Says = ("delimiter", "");
/// The delimiter of TSV is the tabulator.
pub const TSV_SAYS: Says = ("", "format = \"csv\", ");

/// What speaks against the dialect or the encoding of a source.
pub fn doubts(options: &Options, dialect: &Dialect, says: Says, len: u64, read: &ReadAt) -> Vec<Doubt> {
    let Ok(head) = read(0, LOOKED.min(len.max(1))) else { return Vec::new() };
    let encoding = options.text(&ENCODING);
    if let Some(doubt) = encoding::doubt(&head, encoding, (head.len() as u64) < len) {
        return vec![doubt];
    }
    if encoding.starts_with("utf-16") {
        return Vec::new();
    }
    let mut records = cut(&head, dialect);
    if (head.len() as u64) < len && records.len() > 1 {
        records.pop(); // it breaks off
    }
    let texts: Vec<String> =
        records.iter().filter_map(|r| Some(encoding::decoded(strip_bom(r), encoding).ok()?.into_owned())).collect();
    let first = if dialect.header { texts.first().map(|t| behind_skipped(t, dialect.skip)) } else { None };
    let rows = texts.get(usize::from(dialect.header || dialect.skip > 0)..).unwrap_or_default();
    let own = &Dialect { skip: 0, ..*dialect }; // what was skipped is gone
    if let Some(doubt) = other_separator(&head, dialect, says) {
        return vec![doubt];
    }
    let names = match (first, dialect.header) {
        (Some(first), _) => match header(first.as_bytes(), "utf-8", own) {
            Ok(names) => names.0,
            Err(wrong) => {
                let help = "give each column another name in the file, or say `names` for all of them and `skip` for the lines up \
                            to the header";
                return vec![Doubt::fails(
                    NAMES.name,
                    format!("has a header that cannot be read: {}", wrong.say),
                    help,
                )];
            }
        },
        (None, true) => return Vec::new(),
        (None, false) => options.texts(&NAMES),
    };
    if let Some(doubt) = other_delimiter(&names, first, rows, (dialect, says)) {
        return vec![doubt];
    }
    let above = u32::from(dialect.skip) + first.map_or(0, |first| line_ends(first).max(1));
    first.and_then(|_| no_header(&names, rows, dialect, above)).into_iter().collect()
}

/// The records of the bytes.
fn cut<'b>(bytes: &'b [u8], dialect: &Dialect) -> Vec<&'b [u8]> {
    let (mut rest, mut out) = (bytes, Vec::new());
    for len in lengths(&Split::Csv(*dialect), bytes, LOOKED) {
        let (own, after) = rest.split_at_checked(len as usize).unwrap_or((rest, &[]));
        out.push(own);
        rest = after;
    }
    out
}

/// A first line `sep=;` that says something else than the manifest.
fn other_separator(head: &[u8], dialect: &Dialect, says: Says) -> Option<Doubt> {
    let (mark, _) = separator(strip_bom(head))?;
    (mark != dialect.delimiter).then(|| {
        let say = format!("says in its first line that `{}` parts its values", escaped(mark));
        Doubt::fails(says.0, say, proposed(mark, says))
    })
}

fn escaped(mark: u8) -> String {
    char::from(mark).escape_default().to_string()
}

fn proposed(mark: u8, (_, before): Says) -> String {
    format!("say {before}delimiter = \"{}\"", escaped(mark))
}

/// Another mark parts the header and the rows alike, and the declared one parts nothing.
fn other_delimiter(
    names: &[String],
    first: Option<&str>,
    rows: &[String],
    (dialect, says): (&Dialect, Says),
) -> Option<Doubt> {
    let single = |text: &str| values(text, dialect).is_ok_and(|v| v.len() == 1);
    // the declared mark may stand within a value of a row, but in a header it hardly does
    let unparted = first.map_or_else(|| rows.iter().all(|row| single(row)), single);
    if rows.is_empty() || !unparted {
        return None;
    }
    let fits = |mark: &u8| {
        let other = Dialect { delimiter: *mark, ..*dialect };
        let count = |text: &str| values(text, &other).map_or(0, |v| v.len());
        let wanted = first.map_or(names.len(), count);
        wanted > 1 && rows.iter().filter(|row| count(row) == wanted).count() * 10 >= rows.len() * 9
    };
    let (mark, looks) = MARKS.iter().filter(|(mark, _)| *mark != dialect.delimiter).find(|(mark, _)| fits(mark))?;
    Some(Doubt::fails(says.0, format!("looks {looks}"), proposed(*mark, says)))
}

fn line_ends(text: &str) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

/// A first line of numbers, or one whose values stand again in their columns, is data. `above` lines stand above the rows.
fn no_header(names: &[String], rows: &[String], dialect: &Dialect, above: u32) -> Option<Doubt> {
    let number = |text: &String| text.trim().parse::<f64>().is_ok();
    let read = |row: &String| values(row, dialect).ok().filter(|own| own.len() == names.len()); // a short row is no data
    let read_rows: Vec<(usize, Vec<String>)> =
        rows.iter().enumerate().filter_map(|(n, row)| Some((n, read(row)?))).collect();
    let again = |(i, name): (usize, &String)| {
        let mut same = read_rows.iter().filter(|(_, row)| row.get(i) == Some(name)).map(|(n, _)| *n);
        let first = same.next()?;
        // one cell of many that happens to be called like its column says nothing
        (!name.trim().is_empty() && (same.count() + 1) * 100 >= read_rows.len()).then_some(first)
    };
    let say = if !names.is_empty() && !read_rows.is_empty() && names.iter().all(number) {
        "has numbers in its first line, which is taken for the names of the columns".to_string()
    } else if let Some(first) = names.iter().enumerate().find_map(again) {
        let lines: u32 = rows.iter().take(first).map(|row| line_ends(row).max(1)).sum();
        format!(
            "has a value in its first line, which is taken for the names of the columns, that stands again in record {} \
             (line {})",
            first + 1,
            u64::from(above) + u64::from(lines) + 1
        )
    } else {
        return None;
    };
    Some(Doubt::warns(NAMES.name, say, "if there is no header, say how the columns are called: names = [...]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::cut::quoted::Dialect;

    const COMMA: Dialect = Dialect::quoted(b',');

    fn told(bytes: &[u8], dialect: &Dialect, options: &[(&str, &str)]) -> Vec<String> {
        let given = options.iter().map(|(k, v)| (k.to_string(), serde_json::Value::from(*v)));
        let read = |at: u64, len: u64| {
            Ok(bytes.get(at as usize..).unwrap_or_default().iter().take(len as usize).copied().collect())
        };
        let options = Options::of(given, &[]);
        let told = doubts(&options, dialect, CSV_SAYS, bytes.len() as u64, &read).into_iter();
        told.map(|d| format!("{} {} | {}", d.key, d.say, d.help)).collect()
    }

    #[test]
    fn another_delimiter_is_told() {
        for (text, looks) in
            [("id;text\n1;a, b\n2;c\n", "semicolon"), ("id\ttext\n1\ta\n", "tab"), ("id|text\n1|\"a|b\"\n", "`|`")]
        {
            let told = told(text.as_bytes(), &COMMA, &[]);
            assert!(told.len() == 1 && told[0].contains(looks), "{text:?} {told:?}");
        }
        assert!(told(b"id,text\n1,a\n", &Dialect::quoted(b';'), &[])[0].contains("comma"));
        for fine in ["text\none; two\nthree\n", "a;b\n", "text\n\"x;y\"\n", "id,text\n1,a;b\n", ""] {
            assert_eq!(told(fine.as_bytes(), &COMMA, &[]), Vec::<String>::new(), "{fine:?}");
        }
    }

    #[test]
    fn a_separator_line_is_understood() {
        assert_eq!(told(b"sep=;\r\nid;text\r\n1;a\r\n", &Dialect::quoted(b';'), &[]), Vec::<String>::new());
        assert!(told(b"sep=;\r\nid;text\r\n1;a\r\n", &COMMA, &[])[0].contains("says in its first line that `;`"));
    }

    #[test]
    fn a_first_line_of_data_is_told() {
        assert!(told(b"1,2\n3,4\n", &COMMA, &[])[0].contains("numbers in its first line"));
        assert!(told(b"x,pos\ny,pos\n", &COMMA, &[])[0].contains("stands again"));
        assert!(told(b"a,a\n1,2\n", &COMMA, &[])[0].contains("repeats the name"));
        assert_eq!(told(b",text\n0,a\n", &COMMA, &[]), Vec::<String>::new());
        assert_eq!(
            told(b"A,B,C\n,\"B\"\na,a,1\n", &COMMA, &[]),
            Vec::<String>::new(),
            "a short row is told as it is read"
        );
    }

    #[test]
    fn another_encoding_is_told() {
        let (cp949, ..) = encoding_rs::EUC_KR.encode("제목,글\n날씨,오늘은 맑다\n비,내린다\n");
        assert!(told(&cp949, &COMMA, &[])[0].contains("`encoding = \"cp949\"`"), "{:?}", told(&cp949, &COMMA, &[]));
        let marked = "\u{feff}제목,글\n날씨,맑다\n";
        assert!(told(marked.as_bytes(), &COMMA, &[("encoding", "cp949")])[0].contains("byte order mark of UTF-8"));
        assert_eq!(told(marked.as_bytes(), &COMMA, &[]), Vec::<String>::new());
        let (latin, ..) = encoding_rs::WINDOWS_1252.encode("name,city\nZoë,Köln\n");
        assert!(told(&latin, &COMMA, &[])[0].contains("windows-1252"));
        assert!(
            told("name,text\na,안녕하세요\n".as_bytes(), &COMMA, &[("encoding", "windows-1252")])[0].contains("UTF-8")
        );
    }
}
