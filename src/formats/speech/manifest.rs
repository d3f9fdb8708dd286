//! `speech_manifest`: JSON Lines that name a sound and say what is said in it, as NeMo and Label Studio write them.
//!
//! | selector | gives |
//! |---|---|
//! | `sound` | the name of the sound's file without folders and suffix |
//! | `said` | `text`; of a line with an `offset`, what is said in that stretch of the sound, as the task `transcription` reads it |
//! | `audio_filepath`, `text`, `duration`, `speaker`, ... | the keys of the objects |
//! | `annotator` | who says it; where no key says so, the folder of the manifest |
//!
//! Dropped: what JSON Lines drop, and `manifest.sound` (an object that names no sound). Finding: `manifest.offset` (a stretch of
//! a longer sound: `text` is not what is said in all of it; `said` is lost where no `duration` says how long the stretch is).
use super::folder;
use crate::formats::cut::Split;
use crate::formats::encoding::{ENCODING, Wrong, recoded};
use crate::formats::format::Format;
use crate::formats::json::{self, Json, select};
use crate::formats::lines::{cut_text, each_record, each_unit};
use crate::formats::reader::{Ask, Offers, Reader, Record, Records, Selects, Unit, adds_nothing, as_declared};
use crate::formats::sidecar::stem_of;
use crate::formats::spelling::Spelling;
use crate::table::Builder;
use serde_json::json;
use std::borrow::Cow;

const WORDS: &[&str] =
    &["sound", "said", "annotator", "audio_filepath", "text", "duration", "speaker", "lang", "offset"];

/// Keys that name a sound in manifests of several tools.
const SOUNDS: &[&str] = &["audio_filepath", "audio_path", "audio", "wav", "file_name", "path"];

pub const FORMAT: Format = Format {
    options: &[ENCODING],
    beside: Some(["sound", "annotator", "said"]),
    reader: Some(Reader {
        version: 1,
        uses: &[],
        cut: |options| cut_text(options, Split::Lines),
        id: "sound",
        own_id: None,
        selects: Selects::Words {
            words: WORDS,
            numbered: &[],
            keyed: &["key"],
            say: "`sound`, `said`, `annotator`, `audio_filepath`, `text`, `duration`, `speaker`, `lang`, `offset`, or `key:NAME` for another key",
        },
        text: |_| "text",
        ty: as_declared,
        adds: adds_nothing,
        read,
        offers: Offers::Words(&[("text", "text")]),
    }),
    ..Format::new(
        "speech_manifest",
        "JSON Lines that name a sound by `audio_filepath` and say what is said in it, as NeMo has them.",
    )
};

/// A number, as a manifest may write it.
fn seconds(object: &Json, key: &str) -> Option<f64> {
    Record::text(object, key)?.trim().parse().ok().filter(|s: &f64| s.is_finite())
}

/// What an object says of its sound, and whether it is lost: nothing says how long its stretch is.
fn said(object: &Json) -> (Option<String>, bool) {
    let text = Record::text(object, "text");
    let offset = select(object, "offset").filter(|o| !matches!(o, Json::Null));
    let (Some(text), Some(_)) = (&text, offset) else { return (text, false) };
    match seconds(object, "offset").zip(seconds(object, "duration")) {
        Some((start, lasts)) => {
            // a sum of decimals, to the microsecond
            let end = ((start + lasts) * 1e6).round() / 1e6;
            let segment = json!({ "start": start, "end": end, "text": text });
            (Some(json!({ "text": text, "segments": [segment] }).to_string()), false)
        }
        None => (Some(json!({ "text": null }).to_string()), true),
    }
}

struct Line<'j, 'l> {
    of: &'j Json<'l>,
    sound: String,
    folder: &'j str,
}

/// The name of a key as the object has it.
fn key(selector: &str) -> &str {
    selector.strip_prefix("key:").unwrap_or(selector)
}

impl Record for Line<'_, '_> {
    fn text(&self, selector: &str) -> Option<String> {
        match selector {
            "sound" => Some(self.sound.clone()),
            "said" => said(self.of).0,
            _ => Record::text(self.of, key(selector)),
        }
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        let own = match selector {
            "sound" => Some(self.sound.clone()),
            "annotator" if select(self.of, "annotator").is_none() => Some(self.folder.to_string()),
            "said" => match said(self.of).0 {
                Some(said) => Some(said),
                None => return self.of.put("text", ty, to),
            },
            _ => None,
        };
        match own {
            Some(text) => to.value(Spelling::default().value(&text, ty)?),
            None => return self.of.put(key(selector), ty, to),
        }
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        match selector {
            "sound" | "annotator" => true,
            "said" => self.of.has("text"),
            _ => self.of.has(key(selector)),
        }
    }

    fn content<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        self.of.content(bytes)
    }

    fn names(&self) -> Vec<String> {
        self.of.names()
    }
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    each_unit(ask, unit, out, |unit, encoding, out| {
        for (n, own) in each_record(ask, &Split::Lines, unit.bytes) {
            out.next(own);
            let object = recoded(own, encoding);
            let object = object.and_then(|own| {
                json::parse(&own, ask.depth_max).and_then(|object| {
                    let named = SOUNDS.iter().find_map(|key| Record::text(&object, key));
                    let say = "the object names no sound: `audio_filepath` is missing";
                    let named = named.ok_or_else(|| Wrong::new("manifest.sound", say))?;
                    let line = Line { of: &object, sound: stem_of(&named).to_string(), folder: folder(unit.path) };
                    let at = out.line;
                    let off = select(&object, "offset").is_some_and(|o| !matches!(o, Json::Null | Json::Int(0)));
                    if out.take(unit, n, &own, &line) {
                        if off && ask.selects("text") {
                            let say = "it says what is said in a stretch of a longer sound, and not in all of it";
                            out.finding(unit, n, at, "manifest.offset", say);
                        }
                        if ask.selects("said") && said(&object).1 {
                            let say = "its `offset` is that of a stretch of a longer sound, and no `duration` says where it ends: the answer is lost";
                            out.finding(unit, n, at, "manifest.offset", say);
                        }
                    }
                    Ok(())
                })
            });
            if let Err(wrong) = object {
                out.reject(unit, n, &wrong);
            }
        }
    });
}
