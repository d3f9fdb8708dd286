//! Pictures that cannot be read are rejected records of their source, whichever step opens them: `max_rejects` decides. The
//! facts `unread.NAME`, `unread_share.NAME` and `unread_over.NAME` of such a step count them together with what was rejected
//! while the source was read.
use super::{Check, Gate};
use crate::formats::{Options, named};
use crate::manifest::values::At;
use crate::manifest::{Decimal, read};

/// As much of a source as says what it allows, and whether it gives pictures.
#[derive(serde::Deserialize)]
struct Source {
    open: Option<Files>,
    direct: Option<Files>,
    dataset: Option<String>,
    max_rejects: Option<At<Decimal>>,
}

#[derive(serde::Deserialize)]
struct Files {
    format: String,
    pictures: Option<String>,
}

/// A gate for each source that gives pictures: of the step that opens them.
pub fn unread_pictures(check: &Check, step: &str) -> Vec<Gate> {
    let mut gates = Vec::new();
    for (name, span, table) in check.manifest.instances(&["collect"]) {
        let Some(source) = read::<Source>(table).ok().filter(gives_pictures) else { continue };
        let key = format!("collect.{name}.max_rejects");
        let look = format!("tamis show {step} --findings; `max_rejects` allows more");
        let of = |fact: &str| format!("{step}.{fact}.{name}");
        gates.push(match source.max_rejects {
            None => Gate::at_most(key, of("unread_over"), Decimal::default(), span)
                .say(format!("too many pictures of collect.{name} cannot be read"))
                .look(look),
            Some(max) => {
                let share = *max.get() < Decimal::from(1u64) && !max.is_zero();
                let fact = if share { "unread_share" } else { "unread" };
                Gate::at_most(key, of(fact), *max.get(), max.span()).look(look)
            }
        });
    }
    gates
}

/// Whether samples of a source may have pictures. Of a release that is read nobody knows before it is there.
fn gives_pictures(source: &Source) -> bool {
    let Some(files) = source.open.as_ref().or(source.direct.as_ref()) else { return source.dataset.is_some() };
    let none = Options::default();
    let format = named(&files.format);
    let adds = format.is_some_and(|f| {
        f.reader.as_ref().is_none_or(|reader| (reader.adds)(&none, &[]).iter().any(|(name, _)| *name == "image"))
    });
    files.pictures.is_some() || adds
}
