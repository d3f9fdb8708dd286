//! `[clean.quality]` of pictures: limits on statistics such as brightness, sharpness and the share of a border.
//!
//! ```toml
//! [clean.quality]
//! on = ["image"]
//! profile = "cleanvision"                  # published limits under a name
//! sharpness_min = 50                       # and one's own
//! action = "review"                        # or "drop", the default, or "report"
//! ```
//!
//! Reads the picture as it is then, decodes each once and counts all statistics ([`crate::measure::pictures::statistics`]) in one
//! pass, whichever are asked for; they are remembered picture by picture, so that a limit that moves or one more decodes nothing.
//! Drops, findings and facts are those of texts, with the name of the picture's column; finding besides: the rules of decoding,
//! for pictures that cannot be read, which stay. Limits: of an animation the first frame counts; what is transparent is white.
use super::quality::{
    Action, Apply, Gather, Quality, Stage as Texts, bytes_of, limits_of, of_profile, picture, possible,
};
use crate::diag::{Diagnostic, suggest};
use crate::formats::image::{PIXELS_MAX, room};
use crate::formats::small::{self, counted};
use crate::measure::pictures::statistics::{Counted, STATISTICS, statistic};
use crate::model::images::Image;
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Stage>("clean/picture_quality", "clean.quality", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Quality>() else { return Vec::new() };
    let Some(image) = picture(check, &d) else { return Vec::new() };
    let before = check.problems.len();
    for other in d.on.iter().flatten().filter(|name| *name.get() != image) {
        let problem = Diagnostic::error("T0712", other.span(), "pictures and texts have statistics of their own");
        check.bad(
            problem
                .label(format!("stands beside the picture `{image}`"))
                .help("name the picture alone, or texts alone"),
        );
    }
    let published = d.profile.map(|name| of_profile(name.profile())).unwrap_or_default();
    let of_profile: BTreeSet<String> = published.keys().filter(|key| !d.limits.contains_key(*key)).cloned().collect();
    let all: BTreeMap<String, _> = published.into_iter().chain(d.limits.clone()).collect();
    for key in all.keys() {
        let name = key.strip_suffix("_min").or(key.strip_suffix("_max")).unwrap_or(key);
        if statistic(name).is_none() {
            let own = check.manifest.span_of(&format!("clean.quality.{key}"));
            let span = own.or_else(|| check.manifest.span_of("clean.quality.profile")).unwrap_or(check.span.clone());
            let problem = Diagnostic::error("T0712", span, format!("`{name}` is no statistic of pictures"));
            check.bad(problem.label(suggest(name, STATISTICS.iter().map(|s| s.name))));
        }
    }
    let limits = limits_of(all.iter().map(|(key, value)| (key.as_str(), *value)));
    if limits.is_empty() {
        let problem = Diagnostic::error("T0207", check.span.clone(), "there is no limit");
        check.bad(problem.label("needs a `profile`, or a limit, for example `sharpness_min = 50`"));
    }
    possible(check, "clean.quality", &d.limits, &limits);
    if check.problems.len() > before {
        return Vec::new();
    }
    let section: Before = check.section(&["preprocess"]);
    let pixels_max = section.image_pixels_max.filter(|n| *n != PIXELS_MAX);
    let all = |action: Action| if d.action == action { [image.clone()].into() } else { BTreeSet::new() };
    let apply = Apply { review: all(Action::Review), report: all(Action::Report), quality: true, of_profile };
    let drops = d.action != Action::Report;
    let ports = Ports { table: "samples".into(), reads: vec![image.clone()], drops, ..Ports::default() };
    let gather = Gather { limits: [(image.clone(), limits)].into(), quality: true };
    vec![Plan::row::<Stage>(ports, &Map { on: image, pixels_max }, &gather, &apply)]
}

/// The key of `[preprocess]` that counts here, too.
#[derive(Deserialize, Default)]
struct Before {
    image_pixels_max: Option<u64>,
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    on: String,
    /// `None` is [`PIXELS_MAX`].
    #[serde(default, skip_serializing_if = "is_default")]
    pixels_max: Option<u64>,
}

struct Stage;

impl RowStage for Stage {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = small::USES;
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Texts::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Texts::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// Key: the column, NUL, statistic. Value: both counts, 8 bytes each.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for (row, image) in rows.cells::<Image>(&p.on)?.into_iter().enumerate() {
            let Some(image) = image else { continue };
            match seen(&image, p.pixels_max.unwrap_or(PIXELS_MAX), rows)? {
                Ok(counted) => {
                    for statistic in STATISTICS {
                        let key = format!("{}\0{}", p.on, statistic.name);
                        summary.put(key, row, bytes_of((statistic.of)(&counted)));
                    }
                }
                Err((rule, say)) => delta.event(row, Act::Finding, "clean.quality", rule, say),
            }
        }
        Ok(delta)
    }
}

/// What was counted of a picture, or the rule that it breaks and the words. It is decoded when there is room for it.
fn seen(image: &Image, pixels_max: u64, rows: &Rows) -> Result<Result<Counted, (&'static str, String)>, Fault> {
    /// How often the pixels may be in hand: as stored, and in 8 bits on white.
    const TIMES: u64 = 2;
    let file = u64::try_from(image.bytes).unwrap_or(0);
    let mut need = Err(Fault::Bug("an image was not read".into()));
    rows.tools().with_room(file, &mut || need = rows.blob(image.blob).map(|bytes| room(&bytes, pixels_max)));
    let mut found = Err(Fault::Bug("an image was not read".into()));
    rows.tools().with_room(need?.saturating_mul(TIMES).saturating_add(file), &mut || {
        let read = |bytes: Vec<u8>| counted(&bytes, pixels_max).map_err(|wrong| (wrong.rule, wrong.say.to_string()));
        found = rows.blob(image.blob).map(read);
    });
    found
}
