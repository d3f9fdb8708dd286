//! Pictures that cannot be read are rejected records of their source, whichever step opens them: `max_rejects` decides. The
//! facts `unread.NAME`, `unread_share.NAME` and `unread_over.NAME` of such a step count them together with what was rejected
//! while the source was read.
use super::declaration::Declaration;
use crate::formats::reader::Reader;
use crate::manifest::{Decimal, read};
use crate::stage::*;

/// A gate for each source that gives pictures: of the step that opens them.
pub fn gates(check: &Check, step: &str) -> Vec<Gate> {
    let gate = |(name, span, table)| {
        let d = read::<Declaration>(table).ok().filter(gives_pictures)?;
        let key = format!("collect.{name}.max_rejects");
        let look = format!("tamis show {step} --findings; `max_rejects` allows more");
        let of = |fact: &str| format!("{step}.{fact}.{name}");
        Some(match d.max_rejects {
            None => Gate::at_most(key, of("unread_over"), Decimal::default(), span)
                .say(format!("too many pictures of collect.{name} cannot be read"))
                .look(look),
            Some(max) => {
                let share = *max.get() < Decimal::from(1u64) && !max.is_zero();
                let fact = if share { "unread_share" } else { "unread" };
                Gate::at_most(key, of(fact), *max.get(), max.span()).look(look)
            }
        })
    };
    check.manifest.instances(&["collect"]).into_iter().filter_map(gate).collect()
}

/// Whether samples of a source may have pictures. Of a release that is read nobody knows before it is there.
fn gives_pictures(d: &Declaration) -> bool {
    let files = d.open.as_ref().or(d.direct.as_ref());
    let Some((files, format)) = files.and_then(|files| Some((files, files.format()?))) else {
        return d.dataset.is_some();
    };
    let adds = |reader: &Reader| (reader.adds)(&files.given(format), &[]).iter().any(|(name, _)| *name == "image");
    files.reader(format).is_none_or(adds)
}
