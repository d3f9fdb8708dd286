//! Bytes changed at random: each reader of records that label tools and recorders write gives samples, findings or drops,
//! whatever it is given.
#[cfg(test)]
use super::options::Options;
use super::reader::{Ask, Field, From, Records, Unit};
use crate::digest::draw;

const TEXTGRID: &[u8] =
    b"File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n0\n2\n<exists>\n2\n\"IntervalTier\" \"a\" 0 2 2\n\
    0 1 \"so\"\n1 2 \"\"\n\"TextTier\" \"p\" 0 2 1 0.5 \"x\"\n";
const KALDI: &[u8] = b"a-1 so it is\na-2\na-3 sox - |\n";
const MANIFEST: &[u8] =
    b"{\"audio_filepath\": \"x/a.wav\", \"duration\": 1.5, \"text\": \"so\", \"offset\": 2}\n{\"text\": \"no\"}\n";
const BRAT: &[u8] =
    b"T1\tORG 0 5\tNorth\nT2\tLOC 0 5;16 23\tNorth America\nR1\tIn Arg1:T1 Arg2:T2\nE1\tMeet:T1 Who:T2\n\
    A1\tNegated T1\n#1\tAnnotatorNotes T1\thm\n*\tEquiv T1 T2\n";
const WEBANNO: &[u8] = b"#FORMAT=WebAnno TSV 3.3\n#T_SP=w.Named|value|ROLE_w.A:b_c|d\n#T_RL=w.Dep|kind|BT_w.Named\n\n\n#Text=I \xf0\x9f\x98\x8a Kim\n\
    1-1\t0-1\tI\t_\t_\t_\t_\t_\t\n1-2\t2-4\t\xf0\x9f\x98\x8a\tP[1]|x\\_y[2]\t*[1]|*[2]\t1-1[3]\tdep\t1-1[0_2]\t\n1-3\t5-8\tKim\tP[1]\t*[1]\t_\t_\t_\t\n\
    1-3.1\t5-6\tK\tQ\t_\t_\t_\t_\n";
const DOCCANO: &[u8] = b"{\"id\": 1, \"text\": \"Kim ran\", \"label\": [[0, 3, \"P\"], [4, 7]], \"relations\": [{\"from_id\": 0}]}\n\
    {\"entities\": [{\"id\": 0, \"start_offset\": 0, \"end_offset\": 6, \"label\": \"O\"}], \"cats\": [\"a\"], \"Comments\": [\"x\"]}\n";
const PRODIGY: &[u8] = b"{\"text\": \"Kim\", \"spans\": [{\"start\": 0, \"end\": 3, \"label\": \"P\"}, {\"points\": [[0, 1]]}], \"answer\": \"accept\"}\n\
    {\"accept\": [\"A\"], \"_session_id\": \"d-k\", \"answer\": \"reject\", \"relations\": [{\"head\": 1, \"child\": 2}]}\n";
const SPACY: &[u8] = b"{\"text\": \"Kim\", \"entities\": [[0, 3, \"P\"]], \"cats\": {\"A\": 1.0}}\n{\"spans\": {\"sc\": [[0, 1, \"P\"]], \"b\": []}}\n";
const SQUAD: &[u8] = b"{\"data\": [{\"title\": \"a\", \"paragraphs\": [{\"context\": \"Kim ran\", \"qas\": [{\"id\": \"1\", \"question\": \"Who?\",\
    \"answers\": [{\"text\": \"Kim\", \"answer_start\": 0}]}, {\"id\": 2, \"question\": \"So?\", \"is_impossible\": true}]}]}]}";
const WAV: &[u8] =
    b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x08\0\0\0\0\0\0\0\0\0\0\0";
const FLAC: &[u8] = b"fLaC\0\0\0\x22\0\0\0\0\0\0\0\0\0\0\x01\xf4\0\xf0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x84\0\0\x01x\xff\xf8rest";

/// The formats, each with a file of it and what is taken of one.
const SEEDS: &[(&str, &[u8], &[&str])] = &[
    ("textgrid", TEXTGRID, &["transcript", "tier:p", "text", "end", "folder"]),
    ("kaldi", KALDI, &["utterance", "text", "folder"]),
    ("speech_manifest", MANIFEST, &["sound", "text", "duration", "annotator", "key:x"]),
    ("brat", BRAT, &["spans", "relations", "attributes", "folder"]),
    ("webanno", WEBANNO, &["text", "spans", "layer:w.Named.value", "layer:Dep"]),
    ("doccano", DOCCANO, &["text", "spans", "classes", "class", "relations", "annotator"]),
    ("prodigy", PRODIGY, &["text", "spans", "classes", "class", "relations", "annotator"]),
    ("spacy", SPACY, &["text", "spans", "classes", "spans.sc"]),
    ("squad", SQUAD, &["text", "question", "answers", "spans", "title"]),
    ("audio", WAV, &["duration", "rate", "channels", "bits", "coding", "container"]),
    ("audio", FLAC, &["duration", "rate", "channels"]),
];

const WORDS: [&[u8]; 16] = [
    b"1e308",
    b"-1",
    b"4294967295",
    b"nan",
    b"\"",
    b"[",
    b"{",
    b"]",
    b"\n",
    b"\xff",
    b"99999999999999999999",
    b"\t",
    b"\\",
    b"|",
    b"_",
    b"\0",
];

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 += 1;
        (draw(13, "mutated", &self.0.to_string()) % n.max(1) as u64) as usize
    }
}

fn changed(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + dice.below(3) {
        let at = dice.below(bytes.len());
        let word = WORDS[dice.below(WORDS.len())];
        match dice.below(5) {
            _ if bytes.is_empty() => bytes.extend(word),
            0 => drop(bytes.splice(at..at, word.iter().copied())),
            1 => bytes[at] ^= 1 << dice.below(8),
            2 => drop(bytes.splice(at..(at + word.len()).min(bytes.len()), word.iter().copied())),
            3 => bytes.truncate(at),
            _ => drop(bytes.drain(at..(at + dice.below(9)).min(bytes.len()))),
        }
    }
    bytes
}

/// Rounds of each.
const ROUNDS: usize = 2000;

#[test]
fn no_bytes_break_a_reader_of_records() {
    let mut dice = Dice(0);
    for (name, seed, selectors) in SEEDS {
        let format = super::named(name).unwrap();
        let reader = format.reader.as_ref().unwrap();
        let options = Options::default();
        let field = |s: &&str| {
            let ty = (reader.ty)(&options, s).map_or("utf8".to_string(), |ty| crate::table::types::text(&ty));
            Field { name: s.to_string(), from: From::of(s, reader.selects), ty }
        };
        let fields: Vec<Field> = selectors.iter().map(field).collect();
        let (record_max, depth_max) = (1 << 20, 64);
        let (id, make_id, prefix, seen) = (None, |_: &str, id: &str| Ok(id.to_string()), String::new(), Vec::new());
        let ask = Ask { id, make_id, prefix, fields, seen, options: options.clone(), record_max, depth_max };
        for n in 0..ROUNDS {
            let bytes = if n == 0 { seed.to_vec() } else { changed(seed, &mut dice) };
            let mut out = Records::new(&ask, (reader.adds)(&options, selectors));
            (reader.read)(&ask, &Unit { row: 0, bytes: &bytes, context: None, path: "a/b.x", stem: "b" }, &mut out);
            let found = out.finish().unwrap();
            assert!(n > 0 || !found.parents.is_empty(), "{name}: {:?}", found.told);
            assert!(!found.parents.is_empty() || !found.told.is_empty() || *name != "audio", "{name}: nothing is said");
        }
    }
}
