//! Why a file is not read that no recogniser knows, and what to do about it.
use super::folder::{Beginning, File};
use super::kinds::recogniser::is_document;
use crate::formats::encoding::{lines, text, wide_words};
use crate::formats::json::{self, parse};
use crate::formats::pointer;
use crate::report::lang;
use serde_json::Value as Json;

/// Kinds of files that are known by their endings: what they are, and what of them is read.
type Kind = (&'static [&'static str], &'static str, &'static str);
const KINDS: &[Kind] = &[
    (&["pdf"], "it is a document in PDF", "take its text out, as `pdftotext` does, into a file `.txt` in UTF-8"),
    (
        &["docx", "doc", "odt", "rtf", "hwp", "hwpx", "pptx", "ppt", "odp", "epub", "pages"],
        "it is a document of an office program",
        "save its text as `.txt` in UTF-8, and its tables as CSV",
    ),
    (&["xlsm", "xlsb", "numbers"], "it is a workbook", "export each sheet as CSV in UTF-8"),
    (&["html", "htm", "mhtml"], "it is a web page", "take its text out into a file `.txt` in UTF-8"),
    (
        &["mp4", "mov", "avi", "mkv", "webm", "wmv", "mpg", "mpeg"],
        "it is a video",
        "write its frames as JPEG or PNG and its sound as WAV, as `ffmpeg` does",
    ),
    (
        &["heic", "heif", "avif", "svg", "psd", "ico", "jp2", "dcm", "cr2", "nef", "dng"],
        "it is a picture of a kind that is not read",
        "write it as JPEG or PNG",
    ),
    (
        &["mp3", "m4a", "aac", "ogg", "opus", "wma", "amr", "aiff", "aif"],
        "it is a sound of a kind that is not read",
        "write it as WAV or FLAC, as `ffmpeg` does",
    ),
    (
        &[
            "pkl", "pickle", "joblib", "h5", "hdf5", "mat", "rds", "rda", "rdata", "sav", "dta", "sas7bdat", "orc",
            "avro", "dbf",
        ],
        "it is data of another program",
        "write its table as Parquet or CSV with the program that made it",
    ),
    (
        &["pt", "pth", "ckpt", "safetensors", "onnx", "gguf"],
        "it is a model, or numbers of one",
        "it is no data to build of",
    ),
    (
        &["tfrecord", "tfrecords", "mdb", "accdb"],
        "it is data of another program",
        "write its records as Parquet or JSON Lines",
    ),
    (
        &["srt", "vtt", "ass"],
        "it is a file of subtitles",
        "write them as a table, CSV with a column for the times and one for the text",
    ),
    (&["exe", "dll", "so", "dylib", "jar", "class", "pyc"], "it is a program", "it is no data"),
];

/// What to say of a file that no recogniser knows; nothing of a licence and what else speaks of the data.
pub fn unknown(b: &Beginning) -> Option<String> {
    if let Some(say) = pointer::told(&b.bytes) {
        return Some(say.into());
    }
    let end = b.file.extension();
    if is_document(b.file) {
        let taken = ["md", "rst", "ipynb"].contains(&end.as_str()) && !speaks(b.file);
        return taken.then(|| "it is taken for documentation of the data: texts that are data are files `.txt`".into());
    }
    if of_datasets(b.file) {
        return Some("the library `datasets` keeps in it what it knows of the data beside it".into());
    }
    if let Some((_, what, instead)) = KINDS.iter().find(|(ends, _, _)| ends.contains(&end.as_str())) {
        return Some(format!("{}: {}", lang::text(what), lang::text(instead)));
    }
    if let Some(say) = wide_words(&b.bytes) {
        return Some(say);
    }
    let own = lines(&b.bytes, b.whole);
    if own.contains(&0) {
        return Some(
            "it is no text, and nothing known here begins so: write it as Parquet, CSV or JSON Lines with the program that \
             made it"
                .into(),
        );
    }
    match text(own) {
        Err(wrong) => Some(format!("line {} is {}", wrong.line, lang::text(&wrong.say))),
        Ok(text) => Some(of_text(b, &end, text)),
    }
}

/// Whether the name of a file says that it speaks of the data.
fn speaks(file: &File) -> bool {
    const NAMES: &[&str] = &[
        "readme",
        "license",
        "licence",
        "copying",
        "changelog",
        "citation",
        "notice",
        "authors",
        "contributing",
        "security",
        "code",
        "guide",
        "index",
        "datasheet",
        "data_card",
    ];
    let name = file.name().to_lowercase();
    NAMES.iter().any(|n| name.starts_with(n))
}

/// Whether the library `datasets` wrote a file about the data beside it.
fn of_datasets(file: &File) -> bool {
    ["dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"].contains(&file.name())
}

fn of_text(b: &Beginning, end: &str, text: &str) -> String {
    const KALDI: &[&str] = &["wav.scp", "utt2spk", "spk2utt", "segments", "spk2gender", "utt2dur", "utt2lang"];
    if KALDI.contains(&b.file.name()) {
        return "it belongs to a folder of Kaldi, of which `text` is read".into();
    }
    const TAGGED: &[&str] = &["conll", "iob", "iob2", "bio", "bioes", "ner", "tags"];
    match end {
        "jsonl" | "ndjson" | "jsonlines" => of_lines(text),
        "json" | "geojson" => of_json(b, text),
        "csv" | "tsv" | "tab" => "no mark parts its lines into equally many values: `delimiter` says what does".into(),
        "xml" => {
            let tags = text.split('<').skip(1).filter_map(|t| t.split([' ', '>', '/', '\n']).next());
            let root = tags.into_iter().find(|t| t.starts_with(char::is_alphabetic)).unwrap_or_default();
            format!("it is XML of no form that is known here (`{root}`): write its records as JSON Lines or CSV")
        }
        end if TAGGED.contains(&end) => of_tags(text),
        _ => "it is text, and its name does not say of which form: call a table `.csv` or `.tsv`, objects of JSON a line \
              `.jsonl`, a text `.txt`"
            .into(),
    }
}

/// What is wrong with lines of JSON: the first that is no object.
fn of_lines(text: &str) -> String {
    let lines = || text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let wrong = lines().find_map(|(n, line)| match parse(line.as_bytes(), 64) {
        Ok(json::Json::Object(_)) => None,
        Ok(_) => Some((n + 1, lang::text("it is no object").into_owned())),
        Err(wrong) => Some((n + 1, lang::text(&wrong.say).into_owned())),
    });
    match wrong {
        Some((line, say)) => format!("most of its lines are no objects of JSON; line {line}: {say}"),
        None => "it holds no object of JSON".into(),
    }
}

/// What is in a document of JSON that is no list of objects.
fn of_json(b: &Beginning, text: &str) -> String {
    let head: String = text.chars().take(4096).filter(|c| !c.is_whitespace()).collect();
    let shapes = ["\"bbox\":", "\"polygon\":", "\"segmentation\":", "\"points\":"].iter().any(|key| head.contains(key));
    if head.starts_with('{') && shapes {
        return "it holds shapes on a picture in a form of its own: write those of all pictures as COCO, or each as Pascal VOC or \
                LabelMe, which are read beside the pictures"
            .into();
    }
    let table = head.starts_with("{\"schema\":{\"fields\"");
    if !table && head.starts_with('{') && head.contains("\":[{") {
        return "it is one object of JSON: the list of records in it is read from a file of its own, an object a line, as \
                `jq -c '.data[]'` makes it"
            .into();
    }
    let object = |v: &Json| v.is_object();
    match serde_json::from_str::<Json>(text.trim_start_matches('\u{feff}')) {
        Err(e) if b.whole => format!("it is no JSON from line {}, column {} on", e.line(), e.column()),
        Ok(json) if of_pandas(&json) => {
            "it is a table of pandas by its columns: `to_json(orient=\"records\", lines=True)` writes an object a line".into()
        }
        Ok(Json::Object(all)) if all.len() > 1 && all.values().all(object) => {
            "it is one object of JSON, with an object for each name: an object a line is read, as `jq -c '.[]'` makes it \
             without the names"
                .into()
        }
        Ok(Json::Object(_)) => "it is one object of JSON, and records are a list of objects, or an object a line".into(),
        Ok(Json::Array(items)) if items.is_empty() => "it is a list of JSON, and nothing is in it".into(),
        Ok(Json::Array(_)) => "it is a list of JSON whose items are no objects: a record is an object, of which each value has \
                               a name"
            .into(),
        _ => "it is JSON, and no list of objects: an object a line is read, as `jq -c` makes it".into(),
    }
}

/// Whether an object is a table as pandas writes it: a column by the numbers of its rows, or names and rows apart.
fn of_pandas(json: &Json) -> bool {
    let Json::Object(all) = json else { return false };
    let has = |key: &str| all.contains_key(key);
    let rows = |value: &Json| value.as_object().is_some_and(|rows| rows.contains_key("0"));
    (has("columns") && has("data")) || (has("schema") && has("data")) || (!all.is_empty() && all.values().all(rows))
}

/// What keeps lines with a token each from being read: nothing parts the sentences, the lines have different numbers of values,
/// or none of these is a tag.
fn of_tags(text: &str) -> String {
    let width =
        |line: &str| if line.contains('\t') { line.split('\t').count() } else { line.split_whitespace().count() };
    let rows: Vec<(usize, usize)> = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#') && !l.starts_with("-DOCSTART-"))
        .map(|(n, l)| (n + 1, width(l)))
        .collect();
    let Some((_, first)) = rows.first() else { return "no line of it holds a token".into() };
    if let Some((line, own)) = rows.iter().find(|(_, own)| own != first) {
        return format!(
            "line {line} has {own} values, and the first one {first}: each line is a token with as many values"
        );
    }
    if !text.lines().any(|l| l.trim().is_empty()) {
        return "no blank line parts its sentences".into();
    }
    "none of its columns holds tags of entities: a tag is `O`, or `B-`, `I-`, `E-` or `S-` and a class".into()
}
