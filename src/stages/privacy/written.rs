//! `synthesize.NAME/private`: texts that a language model wrote are searched for what `[privacy.detect]` looks for.
//!
//! Reads and writes `drawn.NAME`, the samples that the answers gave. A sample in which something is found is not made: a mask or a
//! pseudonym would say that there is somebody behind it, and here nobody knows. Fact: `left_out`. Finding: `synthesize.private`.
use super::sought::Sought;
use crate::stage::*;
use crate::table::{array_of, utf8};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub const ENTRY: Entry = Entry::row::<Written>("privacy/written", "synthesize.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let drawn = format!("drawn.{}", check.instance);
    if check.column("samples", &drawn).is_none() {
        return Vec::new(); // its own step says why
    }
    let Some((sought, files)) = check.text_of_spans().and_then(|text| Sought::elsewhere(check, &text)) else {
        return Vec::new();
    };
    let writes = vec![(drawn.clone(), Column::new(utf8()).inner())];
    let ports = Ports { table: "samples".into(), reads: vec![drawn.clone()], writes, ..Ports::default() };
    let plan = Plan::row::<Written>(ports, &Map { drawn, sought }, &Nothing {}, &Nothing {});
    vec![Plan { files: files.into_values().collect(), ..plan.word("private") }]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    drawn: String,
    #[serde(default)]
    sought: Sought,
}

struct Written;

impl RowStage for Written {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let bug = |e: serde_json::Error| Fault::Bug(format!("what was drawn does not read: {e}"));
        let mut drawn = rows.texts(&p.drawn)?;
        let mut delta = Delta::default();
        if drawn.iter().all(Option::is_none) {
            return Ok(delta);
        }
        let finder = p.sought.finder(&|digest| rows.blob(digest))?;
        let names_nobody = |of: &Json| {
            let text = of.get("text").and_then(Json::as_str).unwrap_or_default();
            finder.find(text).is_empty()
        };
        for (row, cell) in drawn.iter_mut().enumerate() {
            let Some(text) = cell.take() else { continue };
            let mut all: Vec<Json> = serde_json::from_str(&text).map_err(bug)?;
            let before = all.len();
            all.retain(names_nobody);
            let gone = (before - all.len()) as u64;
            if gone > 0 {
                summary.put(b"", row, gone.to_be_bytes());
            }
            *cell = match (gone, all.is_empty()) {
                (0, _) => Some(text),
                (_, true) => None,
                _ => Some(serde_json::to_string(&all).map_err(bug)?),
            };
        }
        delta.write(p.drawn.clone(), array_of(drawn));
        Ok(delta)
    }
}

impl Written {
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let count = |bytes: &[u8]| <[u8; 8]>::try_from(bytes).map_or(0, u64::from_be_bytes);
        let gone: u64 = hits.iter().map(|hit| count(hit.value.as_ref())).sum();
        out.fact("left_out", gone);
        if gone > 0 {
            let say = format!("{gone} samples hold what [privacy.detect] looks for; they are not made");
            out.remark("privacy.detect.types", "synthesize.private", say);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::testing::{Bytes, rows, texts_of};
    use crate::table::cells;

    #[test]
    fn what_names_people_is_not_made() {
        let sought = Sought { versions: [("email".to_string(), 1)].into(), ..Sought::default() };
        let p = Map { drawn: "drawn.a".into(), sought };
        let mail = r#"{"k":1,"text":"write to kim@example.com"}"#;
        let good = r#"{"k":2,"text":"a walk"}"#;
        let cells_of = [Some(format!("[{mail},{good}]")), None, Some(format!("[{mail}]")), Some(format!("[{good}]"))];
        let column = texts_of(&cells_of.iter().map(Option::as_deref).collect::<Vec<_>>());
        let mut summary = Summary::default();
        let delta = Written::map(&p, &rows(&Bytes::default(), &[("drawn.a", column)]), &mut summary).unwrap();
        let left: Vec<Option<String>> = cells(delta.columns["drawn.a"].as_ref());
        assert_eq!(left, [Some(format!("[{good}]")), None, None, Some(format!("[{good}]"))]);
        let told = crate::stage::testing::gathered::<Written>(&Nothing {}, &summary);
        assert_eq!(told.facts["left_out"], Fact::from(2u64));
    }
}
