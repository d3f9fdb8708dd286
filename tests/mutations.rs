//! Bytes changed at random, the same for the same seed: whatever a reader is given, the command ends in time, within its
//! memory and without a bug; and no release that was damaged passes `verify`.
//!
//! `TAMIS_MUTATIONS=600` gives each reader so many seconds instead of a few rounds, `TAMIS_SEED` begins elsewhere.
use crate::harness::{binary, png, tamis};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Mutated files that one build reads.
const FILES: u64 = 24;
/// Builds of each reader, where no time is given.
const ROUNDS: u64 = 6;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Numbers drawn for a seed.
struct Dice(u64, u64);

impl Dice {
    /// Below `n`.
    fn roll(&mut self, n: usize) -> usize {
        self.1 += 1;
        (tamis::digest::draw(self.0, "mutations", &self.1.to_string()) % n.max(1) as u64) as usize
    }
}

/// Words that readers look for, and numbers at their limits.
const WORDS: [&[u8]; 16] = [
    b"\"",
    b"\n",
    b"\r",
    b"\0",
    b"{",
    b"[[[[[[[[",
    b"]",
    b"\\u",
    b"\xff\xfe",
    b",",
    b"\t",
    b"99999999999999999999",
    b"-1",
    b"<!--",
    b"&lt;",
    b"]]>",
];

fn mutated(of: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut out = of.to_vec();
    for _ in 0..1 + dice.roll(4) {
        let at = dice.roll(out.len());
        match dice.roll(7) {
            0 => out.truncate(at),
            1 => out.iter_mut().skip(at).take(1).for_each(|b| *b ^= 1 << (at % 8)),
            2 => out.iter_mut().skip(at).take(1).for_each(|b| *b = [0, 0x7f, 0x80, 0xff][at % 4]),
            3 => {
                let word = WORDS[dice.roll(WORDS.len())];
                out.splice(at..at, word.iter().copied());
            }
            4 => {
                let end = (at + 1 + dice.roll(16)).min(out.len());
                out.drain(at.min(end)..end);
            }
            5 => {
                let piece: Vec<u8> = out.iter().skip(at).take(1 + dice.roll(64)).copied().collect();
                let to = dice.roll(out.len());
                out.splice(to..to, piece);
            }
            _ => out.iter_mut().skip(at).take(4).for_each(|b| *b = 0xff),
        }
    }
    out
}

/// A reader: its name, the end of its files' names, the manifest's words for it, and files that it reads.
struct Kind {
    name: &'static str,
    ext: &'static str,
    source: &'static str,
    seeds: Vec<Vec<u8>>,
}

fn jsonl() -> Vec<u8> {
    "{\"id\": \"a\", \"text\": \"one 가\"}\n{\"id\": \"b\", \"text\": \"two\\n\", \"more\": [1, {\"x\": null}]}\n"
        .into()
}

fn gz(of: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(of).unwrap();
    out.finish().unwrap()
}

fn tar(of: &[u8]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(of.len() as u64);
    header.set_mode(0o644);
    out.append_data(&mut header, "in/x.jsonl", of).unwrap();
    out.into_inner().unwrap()
}

/// A Parquet file, as a release of these rows has it.
fn parquet() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "raw/x.jsonl", &jsonl());
    let source = "[collect.a]\ndirect = { files = [\"raw/*.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\n";
    manifest(dir.path(), source, "formats = [\"parquet\"]\ncolumns = [\"id\", \"text\"]\n");
    assert_eq!(tamis(dir.path(), &["build"]).0, 0);
    std::fs::read(dir.path().join("out/all/parquet/train-00000.parquet")).unwrap()
}

/// The same rows as a file of Arrow IPC.
fn arrow() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "raw/x.jsonl", &jsonl());
    let source = "[collect.a]\ndirect = { files = [\"raw/*.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\n";
    manifest(dir.path(), source, "formats = [\"arrow\"]\ncolumns = [\"id\", \"text\"]\n");
    assert_eq!(tamis(dir.path(), &["build"]).0, 0);
    std::fs::read(dir.path().join("out/all/arrow/train-00000.arrow")).unwrap()
}

/// A file that lies beside the cases.
fn of_case(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/collect").join(path)).unwrap()
}

/// A file that stands in a case.
fn in_case(case: &str, path: &str) -> Vec<u8> {
    let case = String::from_utf8(of_case(&format!("{case}/case.toml"))).unwrap();
    let case: toml::Table = case.parse().unwrap();
    case["files"][path].as_str().unwrap().into()
}

/// A zip archive of one member, by name and content.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(content).unwrap();
    let packed = packer.finish().unwrap();
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let mut same: Vec<u8> = [20, 0, 8, 0, 0x21].into_iter().flat_map(u16::to_le_bytes).collect();
    let sizes = [crc.sum(), packed.len() as u32, content.len() as u32];
    same.extend(sizes.into_iter().flat_map(u32::to_le_bytes));
    same.extend([(name.len() as u16).to_le_bytes(), [0, 0]].concat());
    let local = [b"PK\x03\x04".as_slice(), &same, name.as_bytes(), &packed].concat();
    let list = [b"PK\x01\x02\x14\x03".as_slice(), &same, &[0; 14], name.as_bytes()].concat();
    let places = [list.len() as u32, local.len() as u32].into_iter().flat_map(u32::to_le_bytes).collect::<Vec<u8>>();
    [local.as_slice(), &list, b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &places, &[0, 0]].concat()
}

fn jpeg() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(9, 7, image::Rgb([9, 8, 7])).write_to(&mut out, image::ImageFormat::Jpeg).unwrap();
    out.into_inner()
}

fn shard() -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    let parts: [(&str, Vec<u8>); 4] =
        [("1.jpg", jpeg()), ("1.txt", b"one".to_vec()), ("1.json", b"{\"a\": [1]}".to_vec()), ("2.cls", b"7".to_vec())];
    for (name, bytes) in parts {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        out.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    out.into_inner().unwrap()
}

/// The short export of Label Studio (JSON-MIN).
fn of_short_export() -> Vec<u8> {
    let one = "{\"id\": 1, \"text\": \"Kim ran\", \"annotator\": 3, \"annotation_id\": 9, \"topic\": \"sport\", \
               \"ner\": [{\"start\": 0, \"end\": 3, \"text\": \"Kim\", \"labels\": [\"PER\"]}], \"lead_time\": 1.5}";
    format!("[{one}]").into()
}

fn kinds() -> Vec<Kind> {
    let csv = |sep: &str| format!("id{sep}text\na{sep}\"one, \"\"two\"\"\"\nb{sep}three\n").into_bytes();
    let voc = "<?xml version=\"1.0\"?>\n<annotation><filename>p.png</filename><size><width>4</width><height>4</height></size>\
        <object><name>x</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></object></annotation>\n";
    let coco = "{\"images\": [{\"id\": 1, \"file_name\": \"p.png\", \"width\": 4, \"height\": 4}], \"annotations\": [{\"id\": 1, \
        \"image_id\": 1, \"category_id\": 1, \"bbox\": [0, 0, 2, 2], \"area\": 4, \"iscrowd\": 0}], \"categories\": [{\"id\": 1, \"name\": \"x\"}]}";
    let kind = |name, ext, source, seeds| Kind { name, ext, source, seeds };
    vec![
        kind(
            "jsonl",
            "jsonl",
            "files = [\"raw/*.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\", more = \"more\" }\nid = \"content\"\n",
            vec![jsonl()],
        ),
        kind(
            "json",
            "json",
            "files = [\"raw/*.json\"], format = \"json\" }\nfields = { text = \"text\" }\nid = \"content\"\n",
            vec![b"[{\"text\": \"a\"},\n {\"text\": 1e5}]".to_vec()],
        ),
        kind(
            "csv",
            "csv",
            "files = [\"raw/*.csv\"], format = \"csv\" }\nfields = { text = \"text\" }\nid = \"content\"\n",
            vec![csv(",")],
        ),
        kind(
            "tsv",
            "tsv",
            "files = [\"raw/*.tsv\"], format = \"tsv\" }\nfields = { text = \"text\" }\nid = \"content\"\n",
            vec![csv("\t")],
        ),
        kind(
            "conll",
            "conll",
            "files = [\"raw/*.conll\"], format = \"conll\" }\nfields = { text = \"tokens\", tags = \"tags\" }\nid = \"content\"\n",
            vec![b"# id = 1\nAnna\tB-PS\nsings\tO\n\n# id = 2\nx\tI-LC\n\n".to_vec()],
        ),
        kind(
            "conll2003",
            "conll",
            "files = [\"raw/*.conll\"], format = \"conll2003\" }\nfields = { text = \"tokens\", tags = \"tags\" }\nid = \"content\"\n",
            vec![b"-DOCSTART- -X- -X- O\n\nAnna -X- -X- B-PS\nsings -X- -X- O\n\n-DOCSTART- -X- -X- O\n\nx -X- -X- I-LC\n\n".to_vec()],
        ),
        kind(
            "conllu",
            "conllu",
            "files = [\"raw/*.conllu\"], format = \"conllu\" }\nfields = { text = \"tokens\", tags = \"tags\" }\nid = \"content\"\n",
            vec![b"# sent_id = 1\n1\tAnna\t_\t_\t_\t_\t_\t_\t_\tNER=B-PS|SpaceAfter=No\n2\tsings\t_\t_\t_\t_\t_\t_\t_\t_\n\n1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n1\tde\t_\t_\t_\t_\t_\t_\t_\tNER=I-LC\n".to_vec()],
        ),
        kind(
            "text",
            "txt",
            "files = [\"raw/*.txt\"], format = \"text\" }\nfields = { text = \"text\" }\n",
            vec!["a text\r\n가\n".into()],
        ),
        kind(
            "parquet",
            "parquet",
            "files = [\"raw/*.parquet\"], format = \"parquet\" }\nfields = { text = \"text\" }\nid = \"id\"\n",
            vec![parquet()],
        ),
        kind(
            "arrow",
            "arrow",
            "files = [\"raw/*.arrow\"], format = \"arrow\" }\nfields = { text = \"text\" }\nid = \"id\"\n",
            vec![arrow(), of_case("arrow_broken/stream.arrow"), of_case("arrow_broken/dictionary.arrow"), of_case("arrow/stream.arrow"), of_case("arrow/file.arrow")],
        ),
        kind(
            "chat",
            "jsonl",
            "files = [\"raw/*.jsonl\"], format = \"jsonl\", chat = \"openai\" }\nfields = { messages = \"messages\" }\nid = \"content\"\n",
            vec!["{\"messages\": [{\"role\": \"user\", \"content\": \"가\"}, {\"role\": \"assistant\", \"content\": null, \"x\": [1]}]}\n".into()],
        ),
        kind(
            "zip",
            "zip",
            "files = [\"raw/*.zip\"], format = \"json\" }\nfields = { text = \"text\" }\nid = \"content\"\n",
            vec![zip("in/x.json", b"[{\"text\": \"a\"},\n {\"text\": 1e5}]")],
        ),
        kind(
            "textgrid",
            "TextGrid",
            "files = [\"raw/*.TextGrid\"], format = \"textgrid\" }\nfields = { text = \"text\" }\n",
            vec!["\"ooTextFile\" \"TextGrid\" 0 2 <exists> 1 \"IntervalTier\" \"a\" 0 2 2 0 1 \"so\" 1 2 \"\"\n".into()],
        ),
        kind(
            "webanno",
            "tsv",
            "files = [\"raw/*.tsv\"], format = \"webanno\" }\nfields = { text = \"text\", spans = \"spans\" }\n",
            vec![
                "#FORMAT=WebAnno TSV 3.3\n#T_SP=w.Named|value\n\n\n#Text=Kim ran\n1-1\t0-3\tKim\tP[1]|Q[2]\t\n1-2\t4-7\tran\tP[1]\t\n".into(),
            ],
        ),
        kind(
            "warc",
            "warc",
            "files = [\"raw/*.warc\"], format = \"warc\" }\nfields = { text = \"text\" }\nid = \"content\"\n",
            vec![
                b"WARC/1.0\r\nWARC-Type: request\r\nContent-Length: 3\r\n\r\nGET\r\n\r\nWARC/1.0\r\nWARC-Type: response\r\n\
                  Content-Length: 75\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n5\r\nhello\r\n0\r\n\r\n\r\n\r\n".to_vec(),
            ],
        ),
        kind(
            "webdataset",
            "tar",
            "files = [\"raw/*.tar\"], format = \"webdataset\", pictures = \"jpg\" }\nfields = { text = \"txt\", more = \"json.a\" }\n",
            vec![shard()],
        ),
        kind(
            "doccano",
            "jsonl",
            "files = [\"raw/*.jsonl\"], format = \"doccano\" }\nfields = { text = \"text\", spans = \"spans\" }\nid = \"content\"\n",
            vec!["{\"text\": \"Kim ran\", \"label\": [[0, 3, \"P\"]]}\n".into()],
        ),
        kind(
            "prodigy",
            "jsonl",
            "files = [\"raw/*.jsonl\"], format = \"prodigy\" }\nfields = { text = \"text\", spans = \"spans\" }\nid = \"content\"\n",
            vec!["{\"text\": \"Kim ran\", \"spans\": [{\"start\": 0, \"end\": 3, \"label\": \"P\"}], \"answer\": \"accept\", \"_session_id\": \"d\"}\n".into()],
        ),
        kind(
            "spacy",
            "jsonl",
            "files = [\"raw/*.jsonl\"], format = \"spacy\" }\nfields = { text = \"text\", spans = \"spans\" }\nid = \"content\"\n",
            vec![in_case("spacy_lines", "raw/a.jsonl")],
        ),
        kind(
            "label_studio",
            "json",
            "files = [\"raw/*.json\"], format = \"label_studio\" }\nfields = { text = \"data.text\", topic = \"answers.topic\", spans = \"answers.ner\" }\n",
            vec![in_case("label_studio", "raw/a.json"), of_short_export()],
        ),
        kind(
            "squad",
            "json",
            "files = [\"raw/*.json\"], format = \"squad\" }\nfields = { text = \"text\", question = \"question\", answers = \"answers\", spans = \"spans\" }\n",
            vec![in_case("squad", "raw/a.json")],
        ),
        kind(
            "speech_manifest",
            "jsonl",
            "files = [\"raw/*.jsonl\"], format = \"speech_manifest\" }\nfields = { text = \"text\", duration = \"duration\" }\n",
            vec![in_case("speech_manifest", "raw/a.jsonl")],
        ),
        kind(
            "kaldi",
            "txt",
            "files = [\"raw/*.txt\"], format = \"kaldi\" }\nfields = { text = \"text\" }\n",
            vec![in_case("kaldi", "raw/text")],
        ),
        kind(
            "lines",
            "txt",
            "files = [\"raw/*.txt\"], format = \"lines\" }\nfields = { text = \"text\" }\n",
            vec!["one\r\n\n가\n".into()],
        ),
        kind(
            "paragraphs",
            "txt",
            "files = [\"raw/*.txt\"], format = \"paragraphs\" }\nfields = { text = \"text\" }\n",
            vec!["one\ntwo\n \n\n가\r\n\r\n".into()],
        ),
        kind(
            "boxes_csv",
            "csv",
            "images = [\"raw/*.png\"], files = [\"raw/*.csv\"], format = \"boxes_csv\" }\n",
            vec![in_case("boxes_csv", "raw/corners.csv"), in_case("boxes_csv", "raw/sizes.csv")],
        ),
        kind(
            "audio",
            "wav",
            "files = [\"raw/*.wav\"], format = \"audio\" }\nfields = { text = \"coding\", seconds = \"duration\" }\n",
            vec![std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/transcription/sounds/s2.wav")).unwrap()],
        ),
        kind(
            "dota",
            "txt",
            "images = [\"raw/*.png\"], files = [\"raw/*.txt\"], format = \"dota\" }\n",
            vec!["gsd:1\n0 0 2 0 2 2 0 2 plane 0\n1 1 2 1 2 2 1 2 ship 1\n".into()],
        ),
        kind("voc", "xml", "images = [\"raw/*.png\"], files = [\"raw/*.xml\"], format = \"voc\" }\n", vec![voc.into()]),
        kind(
            "yolo",
            "txt",
            "images = [\"raw/*.png\"], files = [\"raw/*.txt\"], format = \"yolo\" }\n",
            vec!["1 0.5 0.5 0.25 1\n0 0 0 1 0 0.5 0.5\n".into()],
        ),
        kind(
            "cvat",
            "xml",
            "images = [\"raw/*.png\"], files = [\"raw/*.xml\"], format = \"cvat\" }\n",
            vec![
                "<annotations><meta><size>2</size></meta><image id=\"0\" name=\"p.png\" width=\"4\" height=\"4\"><box label=\"x\" \
                 xtl=\"0\" ytl=\"0\" xbr=\"2\" ybr=\"2\" rotation=\"30\"><attribute name=\"a\">true</attribute></box><mask label=\"x\" \
                 rle=\"1, 2, 1\" left=\"1\" top=\"1\" width=\"2\" height=\"2\"/></image></annotations>"
                    .into(),
                "<annotations><meta><size>9</size></meta><track label=\"x\"><box frame=\"0\" outside=\"0\" xtl=\"0\" ytl=\"0\" \
                 xbr=\"2\" ybr=\"2\"/><box frame=\"7\" outside=\"1\" xtl=\"0\" ytl=\"0\" xbr=\"2\" ybr=\"2\"/></track></annotations>"
                    .into(),
            ],
        ),
        kind(
            "labelme",
            "json",
            "images = [\"raw/*.png\"], files = [\"raw/*.json\"], format = \"labelme\" }\n",
            vec![
                "{\"version\": \"5\", \"shapes\": [{\"label\": \"x\", \"points\": [[0, 0], [2, 2.5]], \"shape_type\": \"rectangle\", \
                 \"group_id\": 1, \"flags\": {\"a\": true}}], \"imagePath\": \"p.png\", \"imageWidth\": 4, \"imageHeight\": 4}"
                    .into(),
            ],
        ),
        kind(
            "coco",
            "json",
            "files = [\"raw/*.json\"], format = \"coco\" }\nfields = { wide = \"width\" }\n".trim_start(),
            vec![coco.into()],
        ),
        kind(
            "images",
            "png",
            "images = [\"raw/*\"], format = \"image_folder\" }\nid = \"path\"\n",
            vec![png(3), jpeg()],
        ),
        kind(
            "gz",
            "jsonl.gz",
            "files = [\"raw/*.gz\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"content\"\n",
            vec![gz(&jsonl())],
        ),
        kind(
            "zst",
            "jsonl.zst",
            "files = [\"raw/*.zst\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"content\"\n",
            vec![zstd::encode_all(&jsonl()[..], 3).unwrap()],
        ),
        kind(
            "tar",
            "tar",
            "files = [\"raw/*.tar\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"content\"\n",
            vec![tar(&jsonl())],
        ),
    ]
}

fn put(dir: &Path, path: &str, bytes: &[u8]) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn manifest(dir: &Path, source: &str, release: &str) {
    let text = format!(
        "[dataset]\nname = \"m\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n{source}license = \"CC0-1.0\"\nmax_rejects = 100000\nmax_lost_files = 100000\n\
         [release.all]\n{release}"
    );
    put(dir, "dataset.toml", text.as_bytes());
}

/// The command with limits of time and memory.
fn limited(dir: &Path, args: &[&str]) -> (i32, String) {
    let script = "ulimit -v 6000000; exec timeout 120 \"$0\" -C \"$@\"";
    let done = Command::new("sh").args(["-c", script]).arg(binary()).arg(dir).args(args).output().unwrap();
    let text = [done.stdout, done.stderr].concat();
    (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

/// A format that is added later is given changed input, too. Pictures have the kind `images`, a database is read with a
/// feature alone, and files of brat are read beside a task, as the cases have them.
#[test]
fn every_reader_is_given_changed_input() {
    let known: Vec<&str> = kinds().iter().map(|kind| kind.name).collect();
    let formats = tamis::formats::FORMATS.iter().filter(|f| f.reader.is_some() || f.sidecar.is_some());
    let missing: Vec<&str> = formats
        .map(|f| f.name)
        .filter(|name| !known.contains(name) && !["brat", "image_folder", "sqlite"].contains(name))
        .collect();
    assert!(missing.is_empty(), "no kind of changed input for {missing:?}");
}

/// Readers are tried side by side, as many as there are cores, since most of a small build is one thread's work.
#[test]
fn no_input_breaks_a_reader() {
    let only = std::env::var("TAMIS_READER").ok();
    let kinds: Vec<Kind> = kinds().into_iter().filter(|k| only.as_ref().is_none_or(|o| o == k.name)).collect();
    let (next, broken) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |n| n.get()) {
            scope.spawn(|| {
                while let Some(kind) = kinds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    broken.lock().unwrap().extend(rounds_of(kind).err());
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Rounds of one reader: for `TAMIS_MUTATIONS` seconds, or a few.
fn rounds_of(kind: &Kind) -> Result<(), String> {
    let seed = number("TAMIS_SEED").unwrap_or(1);
    let seconds = number("TAMIS_MUTATIONS").map(Duration::from_secs);
    let (since, mut round) = (Instant::now(), 0);
    while seconds.map_or(round < ROUNDS, |most| since.elapsed() < most) {
        round += 1;
        let mut dice = Dice(seed.wrapping_mul(1 << 20).wrapping_add(round), 0);
        round_of(kind, &mut dice).map_err(|say| format!("{} in round {round} of seed {seed}: {say}", kind.name))?;
    }
    Ok(())
}

/// Takes out the files that a build refuses for their encoding or their header, by the name in each message: a table whose
/// first lines say something else than the manifest is a problem of the declaration. Says whether there were any.
fn refused(dir: &Path, said: &str) -> bool {
    let told = said.lines().filter(|line| ["T0361", "T0728"].iter().any(|code| line.contains(code)));
    let names = told.filter_map(|line| line.split("\"message\":\"").nth(1)?.split(' ').next());
    let gone = |name: &str| name.starts_with("raw/f") && std::fs::remove_file(dir.join(name)).is_ok();
    names.filter(|name| gone(name)).count() > 0
}

fn round_of(kind: &Kind, dice: &mut Dice) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let source = format!("[collect.a]\ndirect = {{ {}", kind.source);
    let schema = if kind.source.contains("text =") { "[schema]\ntext = { text = {} }\n" } else { "[preprocess]\n" };
    manifest(dir.path(), &source, &format!("formats = [\"jsonl\"]\ncolumns = [\"id\"]\n{schema}"));
    for n in 0..FILES {
        let whole = &kind.seeds[dice.roll(kind.seeds.len())];
        put(dir.path(), &format!("raw/f{n}.{}", kind.ext), &mutated(whole, dice));
        if ["voc", "yolo", "cvat", "labelme", "dota", "boxes_csv"].contains(&kind.name) {
            put(dir.path(), &format!("raw/f{n}.png"), &png(n as u8));
        }
    }
    // the first file is as it should be: what others hold takes nothing from it
    put(dir.path(), &format!("raw/f0.{}", kind.ext), &kind.seeds[0]);
    for args in [
        &["build", "--json", "--keep-going", "-j", "2", "--memory", "64 MiB"][..],
        &["show", "collect.a", "--findings"],
    ] {
        let (mut exit, mut said) = limited(dir.path(), args);
        while exit == 2 && refused(dir.path(), &said) {
            (exit, said) = limited(dir.path(), args);
        }
        if !(0..=1).contains(&exit) {
            let kept = dir.keep();
            let end: String = said.chars().rev().take(1500).collect::<Vec<_>>().into_iter().rev().collect();
            return Err(format!("exit {exit} of {args:?} in {}: {end}", kept.display()));
        }
    }
    Ok(())
}

// ---- cases -----------------------------------------------------------------------------------------------------------

/// A case whose files are changed says the same in every round: its name is a part of the seed.
fn round_of_case(name: &str, paths: &[String], round: u64) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    crate::cases::lay(name, dir.path());
    let seed =
        name.bytes().fold(number("TAMIS_SEED").unwrap_or(1), |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
    let mut dice = Dice(seed.wrapping_mul(1 << 20).wrapping_add(round), 0);
    for _ in 0..1 + dice.roll(paths.len().min(3)) {
        let path = dir.path().join(crate::made::unescaped(&paths[dice.roll(paths.len())]));
        // links and folders stay as they are, and so do files that only their size makes slow
        if std::fs::symlink_metadata(&path).is_ok_and(|m| m.is_file() && m.len() < 1 << 20) {
            let whole = std::fs::read(&path).unwrap();
            std::fs::write(&path, mutated(&whole, &mut dice)).unwrap();
        }
    }
    let args = ["build", "--json", "--keep-going", "-j", "2", "--memory", "64 MiB"];
    let (exit, said) = limited(dir.path(), &args);
    if (0..=3).contains(&exit) && !said.contains("panicked") {
        return Ok(());
    }
    let kept = dir.keep();
    let end: String = said.chars().rev().take(1500).collect::<Vec<_>>().into_iter().rev().collect();
    Err(format!("{name} in round {round}, exit {exit} in {}: {end}", kept.display()))
}

/// What lies beside a manifest in any way, such as votes, decisions, documents, lists and models, is given to the command
/// with bytes changed: `TAMIS_MUTATIONS` gives all cases together so many seconds.
#[test]
fn no_file_of_a_case_breaks_the_command() {
    let only = std::env::var("TAMIS_READER").ok();
    let cases: Vec<_> = crate::cases::all_inputs()
        .into_iter()
        .filter(|(name, _, paths)| !paths.is_empty() && only.as_ref().is_none_or(|o| name.contains(o.as_str())))
        .collect();
    let (most, since) = (number("TAMIS_MUTATIONS").map(Duration::from_secs), Instant::now());
    let (mut broken, mut round) = (Vec::new(), 0);
    while most.map_or(round < 1, |most| since.elapsed() < most) {
        round += 1;
        broken.extend(cases.iter().filter_map(|(name, _, paths)| round_of_case(name, paths, round).err()));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Each format that can be read is read by some case, so that its files are among those that are changed.
#[test]
fn every_format_that_is_read_has_a_case() {
    let manifests: String = crate::cases::all_inputs().into_iter().map(|(_, manifest, _)| manifest).collect();
    let read = |f: &&tamis::formats::Format| f.reader.is_some() || f.sidecar.is_some();
    let without = |f: &&tamis::formats::Format| !manifests.contains(&format!("format = \"{}\"", f.name));
    let missing: Vec<&str> = tamis::formats::FORMATS.iter().filter(read).filter(without).map(|f| f.name).collect();
    assert!(missing.is_empty(), "no case reads {missing:?}");
}

// ---- releases --------------------------------------------------------------------------------------------------------

/// A release with every format that texts and images have.
fn released(dir: &Path) -> PathBuf {
    let rows: String = (0..40).map(|n| format!("{{\"id\": \"r{n}\", \"text\": \"words of {n} 가\"}}\n")).collect();
    put(dir, "raw/x.jsonl", rows.as_bytes());
    (0..6).for_each(|n| put(dir, &format!("raw/p{n}.png"), &png(n)));
    let text = "[dataset]\nname = \"m\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n\
        [collect.a]\ndirect = { files = [\"raw/*.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\nlicense = \"CC0-1.0\"\n\
        [collect.i]\ndirect = { images = [\"raw/*.png\"], format = \"image_folder\" }\nid = \"stem\"\nlicense = \"CC0-1.0\"\n\
        [schema]\ntext = { text = {}, optional = true }\n[preprocess]\n[split]\nratios = { test = 0.5, train = 0.5 }\n\
        [release.all]\nformats = [\"jsonl\", \"parquet\", \"image_folder\"]\ncolumns = [\"id\", \"text\", \"image\", \"split\"]\n";
    let text = text.replace(", optional = true", "");
    put(dir, "dataset.toml", text.as_bytes());
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    dir.join("out/all")
}

fn files(dir: &Path, below: &str, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir.join(below)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        match entry.file_type().unwrap().is_dir() {
            true => files(dir, &path, out),
            false => out.push(path),
        }
    }
    out.sort();
}

/// Writes both lists anew, as whoever hides a change would.
fn new_sums(dir: &Path) {
    let mut all = Vec::new();
    files(dir, "", &mut all);
    let (mut b3, mut sha) = (String::new(), String::new());
    for path in all.iter().filter(|p| !p.ends_with("SUMS")) {
        let mut both = tamis::digest::BothSums::new();
        both.update(&std::fs::read(dir.join(path)).unwrap());
        let (b, s) = both.finish();
        b3.push_str(&format!("{}  {path}\n", b.hex()));
        sha.push_str(&format!("{s}  {path}\n"));
    }
    let own = tamis::digest::sha256(b3.as_bytes());
    let mut lines: Vec<String> = sha.lines().map(String::from).chain([format!("{own}  B3SUMS")]).collect();
    lines.sort_by(|a, b| a[66..].cmp(&b[66..]));
    std::fs::write(dir.join("B3SUMS"), b3).unwrap();
    std::fs::write(dir.join("SHA256SUMS"), lines.join("\n") + "\n").unwrap();
}

fn copied(from: &Path, to: &Path) {
    let mut all = Vec::new();
    files(from, "", &mut all);
    all.iter().for_each(|path| put(to, path, &std::fs::read(from.join(path)).unwrap()));
}

#[test]
fn no_damaged_release_passes() {
    let dir = tempfile::tempdir().unwrap();
    let whole = released(dir.path());
    let (exit, said) = limited(dir.path(), &["verify", whole.to_str().unwrap()]);
    assert_eq!(exit, 0, "{said}");
    let mut all = Vec::new();
    files(&whole, "", &mut all);
    let mut dice = Dice(number("TAMIS_SEED").unwrap_or(1), 0);
    let mut passed = Vec::new();
    let try_one = |what: &str, change: &dyn Fn(&Path), sums: bool, passed: &mut Vec<String>| {
        let copy = dir.path().join("copy");
        copied(&whole, &copy);
        change(&copy);
        if sums {
            new_sums(&copy);
        }
        let (exit, said) = limited(dir.path(), &["verify", copy.to_str().unwrap()]);
        if exit != 1 && exit != 3 && exit != 2 {
            passed.push(format!("{what}: exit {exit} {said}"));
        }
        std::fs::remove_dir_all(&copy).unwrap();
    };
    for n in 0..number("TAMIS_RELEASES").unwrap_or(40) {
        let path = all[dice.roll(all.len())].clone();
        let before = std::fs::read(whole.join(&path)).unwrap();
        let after = mutated(&before, &mut dice);
        if after != before {
            try_one(
                &format!("{n} {path}"),
                &|copy| std::fs::write(copy.join(&path), &after).unwrap(),
                false,
                &mut passed,
            );
        }
    }
    let text = |path: &str| std::fs::read_to_string(whole.join(path)).unwrap();
    let picture = all.iter().find(|p| p.ends_with(".png")).unwrap().clone();
    let (rows, page) = (text("jsonl/train-00000.jsonl"), text("release.json"));
    let table = std::fs::read(whole.join("parquet/train-00000.parquet")).unwrap();
    let mut zeroed = table.clone();
    zeroed.iter_mut().skip(8).take(200).for_each(|b| *b = 0);
    let first = rows.lines().next().unwrap();
    let write =
        |path: &'static str, bytes: Vec<u8>| move |copy: &Path| std::fs::write(copy.join(path), &bytes).unwrap();
    let (train, test) = ("jsonl/train-00000.jsonl", "jsonl/test-00000.jsonl");
    type Harm<'h> = Box<dyn Fn(&Path) + 'h>;
    let cases: Vec<(&str, Harm)> = vec![
        ("a picture is gone", Box::new(|copy| std::fs::remove_file(copy.join(&picture)).unwrap())),
        ("a line is garbage", Box::new(write(train, rows.replacen(first, "garbage", 1).into()))),
        ("a line is a list", Box::new(write(train, rows.replacen(first, "[\"x\"]", 1).into()))),
        ("a line is gone", Box::new(write(train, rows.replacen(&format!("{first}\n"), "", 1).into()))),
        ("a line stands twice", Box::new(write(train, rows.replacen(first, &format!("{first}\n{first}"), 1).into()))),
        ("an id is another", Box::new(write(train, rows.replacen("\"id\": \"", "\"id\": \"x", 1).into()))),
        ("a sample is in both splits", Box::new(write(test, format!("{}{first}\n", text(test)).into()))),
        ("pages are zero", Box::new(write("parquet/train-00000.parquet", zeroed))),
        ("the table breaks off", Box::new(write("parquet/train-00000.parquet", table[..table.len() / 2].to_vec()))),
        (
            "another format of the page",
            Box::new(write("release.json", page.replace("\"format\": 1", "\"format\": 2").into())),
        ),
        ("a format is not named", Box::new(write("release.json", page.replace("\"jsonl\",", "").into()))),
        ("a format is unknown", Box::new(write("release.json", page.replace("\"jsonl\"", "\"jsonk\"").into()))),
        ("a split is not named", Box::new(write("release.json", page.replace("\"test\"", "\"tset\"").into()))),
        ("another count", Box::new(write("release.json", page.replacen("\"rows\": ", "\"rows\": 1", 1).into()))),
    ];
    for (what, change) in &cases {
        try_one(what, change, true, &mut passed);
    }
    let list = text("B3SUMS");
    let turned: String = list.lines().rev().map(|l| format!("{l}\n")).collect();
    for (what, bytes) in [
        ("another order", turned),
        ("CR LF", list.replace('\n', "\r\n")),
        ("no last line end", list.trim_end().to_string()),
        ("a wrong line first", format!("0000  README.md\n{list}")),
        ("a line twice", format!("{}\n{list}", list.lines().next().unwrap())),
    ] {
        try_one(what, &write("B3SUMS", bytes.into()), false, &mut passed);
    }
    assert!(passed.is_empty(), "{} passed:\n{}", passed.len(), passed.join("\n"));
}
