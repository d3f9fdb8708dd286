//! `webanno`: WebAnno TSV 3 (3.0 to 3.3), as WebAnno and INCEpTION write it. A file is a sample: its text, and the spans of
//! each layer.
//!
//! | selector | gives |
//! |---|---|
//! | `text` | the text; between sentences, of which the file holds nothing, stand line ends |
//! | `spans` | the first layer of spans that has a feature, by its first feature; of layers without one the first |
//! | `layer:NAME` | the spans of a layer, by its whole name or the last part of it: its first feature is the class |
//! | `layer:NAME.FEATURE` | the same by another feature |
//! | `relations` | the first layer of relations, by its first feature, as the task `relations` reads them |
//! | `relation:NAME` | the relations of a layer, by its whole name or the last part of it |
//! | `folder` | the name of the folder that the file lies in |
//!
//! Of a layer without features the class is its name. Places become characters. Dropped: `encoding`, `webanno`. Findings:
//! `webanno.layer` (a field asks for a layer that is not there), `webanno.value` (spans without a value of the feature, which
//! are lost), `webanno.layers` (spans of layers that no field takes), `webanno.relations` (relations that no
//! field takes, or of which an end is no span), `webanno.chains`, `webanno.slots` (which are not kept), `webanno.token` (tokens that do not stand at their place in the text).
use super::layers::{Layer, Layers, Link, Mark, Sort, parse};
use super::marked::{NEEDS, WRITER, span};
use super::webanno_write;
use crate::formats::cut::{Cut, Holds};
use crate::formats::encoding::{self, BOM, Wrong};
use crate::formats::format::Format;
use crate::formats::pointer;
use crate::formats::reader::{Ask, From, Offers, Reader, Record, Records, Selects, Unit, adds_nothing, as_declared};
use crate::formats::speech::folder;
use crate::formats::spelling::Spelling;
use crate::formats::writer::Writer;
use crate::table::{Builder, Value};
use serde_json::{Value as Json, json};

const WORDS: &[&str] = &["text", "spans", "relations", "folder"];

pub const FORMAT: Format = Format {
    beside: Some(["stem", "folder", "spans"]),
    reader: Some(Reader {
        version: 1, // relations
        uses: &[],
        cut: |_| Cut::Document(Holds::One),
        id: "path",
        own_id: None,
        selects: Selects::Words {
            words: WORDS,
            numbered: &[],
            keyed: &["layer", "relation"],
            say: "`text`, `spans`, `layer:NAME`, `layer:NAME.FEATURE`, `relations`, `relation:NAME`, `folder`, `path` or `stem`",
        },
        text: |_| "text",
        ty: as_declared,
        adds: adds_nothing,
        read,
        offers: Offers::Words(&[("text", "text"), ("spans", "spans"), ("relations", "relations")]),
    }),
    writer: Some(Writer {
        files: "webanno/SPLIT/NAME.tsv",
        doc: "WebAnno TSV 3.3 of each sample: a sentence a line of the text, spans as the layer `NamedEntity` and relations as one \
              upon it; `NAME` as of `brat`. Needs an `ner` label",
        needs: NEEDS,
        encode: webanno_write::encode,
        samples: Some(webanno_write::samples),
        ..WRITER
    }),
    ..Format::new("webanno", "WebAnno TSV 3, as WebAnno and INCEpTION export it: a text, and layers of spans.")
};

struct File<'u> {
    of: Layers,
    folder: &'u str,
}

/// A layer of spans, and which of its features is the class.
struct Taken<'f> {
    layer: &'f Layer,
    feature: Option<usize>,
}

impl Taken<'_> {
    fn span(&self, mark: &Mark, chars: &[char]) -> Json {
        let class = match self.feature {
            Some(at) => mark.values.get(at).cloned().flatten(),
            None => Some(self.layer.short().to_string()),
        };
        let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let covered: Option<String> = chars.get(within(mark.start)..within(mark.end)).map(|c| c.iter().collect());
        span(class.as_deref(), (mark.start, mark.end), covered.as_deref())
    }
}

impl File<'_> {
    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.of.layers.iter().filter(|layer| layer.sort == Sort::Spans)
    }

    fn taken(&self, selector: &str) -> Option<Taken<'_>> {
        let first = |layer: &Layer| layer.features.iter().position(|f| !f.starts_with("ROLE_"));
        let Some(name) = selector.strip_prefix("layer:") else {
            let layer = self.layers().find(|layer| first(layer).is_some()).or_else(|| self.layers().next())?;
            return Some(Taken { layer, feature: first(layer) });
        };
        let called = |name: &str| self.layers().find(|layer| layer.name == name || layer.short() == name);
        if let Some(layer) = called(name) {
            return Some(Taken { layer, feature: first(layer) });
        }
        let (name, feature) = name.rsplit_once('.')?;
        let layer = called(name)?;
        let feature = layer.features.iter().position(|f| f == feature)?;
        Some(Taken { layer, feature: Some(feature) })
    }

    fn spans(&self, selector: &str) -> Option<Vec<Json>> {
        let taken = self.taken(selector)?;
        let chars: Vec<char> = self.of.text.chars().collect();
        Some(taken.layer.spans.iter().map(|mark| taken.span(mark, &chars)).collect())
    }

    /// The layer of relations that a selector names.
    fn linked(&self, selector: &str) -> Option<&Layer> {
        let mut layers = self.of.layers.iter().filter(|layer| layer.sort == Sort::Relations);
        match selector.strip_prefix("relation:") {
            Some(name) => layers.find(|layer| layer.name == name || layer.short() == name),
            None => layers.next(),
        }
    }

    fn relations(&self, selector: &str) -> Option<Vec<Json>> {
        let layer = self.linked(selector)?;
        let chars: Vec<char> = self.of.text.chars().collect();
        let end = |link: &Link, at: usize| {
            let layer = self.of.layers.get(link.layer)?;
            let feature = layer.features.iter().position(|f| !f.starts_with("ROLE_"));
            Some(Taken { layer, feature }.span(layer.spans.get(at)?, &chars))
        };
        let one = |link: &Link| json!({ "type": link.class, "from": end(link, link.from), "to": end(link, link.to) });
        Some(layer.links.iter().map(one).collect())
    }

    fn told(&self, ask: &Ask) -> Vec<(&'static str, String)> {
        let selectors =
            ask.fields.iter().filter_map(|f| if let From::Record(s) = &f.from { Some(s.as_str()) } else { None });
        let is_relation = |s: &&str| *s == "relations" || s.starts_with("relation:");
        let (relations, others): (Vec<&str>, Vec<&str>) = selectors.partition(is_relation);
        let spans: Vec<&str> = others.into_iter().filter(|s| *s == "spans" || s.starts_with("layer:")).collect();
        let missing = spans.iter().filter(|s| s.starts_with("layer:") && self.taken(s).is_none()).count()
            + relations.iter().filter(|s| s.starts_with("relation:") && self.linked(s).is_none()).count();
        let kept: Vec<&Layer> = relations.iter().filter_map(|s| self.linked(s)).collect();
        let is_kept = |layer: &&Layer| kept.iter().any(|own| std::ptr::eq(*own, *layer));
        let left: usize = self.of.layers.iter().filter(|l| !is_kept(l)).map(|layer| layer.links.len()).sum();
        let taken: Vec<Taken> = spans.iter().filter_map(|s| self.taken(s)).collect();
        let is_taken = |layer: &Layer| taken.iter().any(|t| std::ptr::eq(t.layer, layer));
        let without = |t: &Taken| {
            t.feature
                .map_or(0, |at| t.layer.spans.iter().filter(|m| m.values.get(at).is_none_or(Option::is_none)).count())
        };
        let others = |sort| self.of.layers.iter().filter(|l| l.sort == sort).map(|l| l.others).sum::<usize>();
        let told = [
            ("webanno.layer", missing, "layers or features that a field asks for and the file does not have"),
            ("webanno.value", taken.iter().map(without).sum(), "spans without a value of the feature, which are lost"),
            (
                "webanno.layers",
                self.layers().filter(|layer| !is_taken(layer)).map(|layer| layer.spans.len()).sum(),
                "spans of layers that no field takes",
            ),
            (
                "webanno.relations",
                others(Sort::Relations) + left,
                "relations that no field takes, or of which an end is no span",
            ),
            ("webanno.chains", others(Sort::Chains), "tokens with links of chains, which are not kept"),
            ("webanno.slots", others(Sort::Spans), "slots of spans, which are not kept"),
            ("webanno.token", self.of.moved, "tokens that do not stand at their place in the text"),
        ];
        let some = told.into_iter().filter(|(_, n, _)| *n > 0);
        some.map(|(rule, n, say)| (rule, format!("{say}: {n}"))).collect()
    }
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let text = match pointer::told(unit.bytes) {
        Some(say) => Err(Wrong::new(pointer::RULE, say)),
        None => encoding::text(unit.bytes),
    };
    let parsed = text.and_then(|text| parse(text.strip_prefix(BOM).unwrap_or(text)));
    let file = match parsed {
        Ok(of) => File { of, folder: folder(unit.path) },
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    if out.take(unit, 0, unit.bytes, &file) {
        for (rule, say) in file.told(ask) {
            out.finding(unit, 0, 0, rule, say);
        }
    }
}

impl Record for File<'_> {
    fn text(&self, _: &str) -> Option<String> {
        None
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        to.value(match selector {
            "text" => Spelling::default().value(&self.of.text, ty)?,
            "folder" => Spelling::default().value(self.folder, ty)?,
            "relations" => self.relations(selector).map_or(Value::Null, |all| Value::Text(Json::from(all).to_string())),
            other if other.starts_with("relation:") => {
                self.relations(selector).map_or(Value::Null, |all| Value::Text(Json::from(all).to_string()))
            }
            _ => self.spans(selector).map_or(Value::Null, |all| Value::Text(Json::from(all).to_string())),
        });
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        match selector {
            other if other.starts_with("relation:") => self.linked(other).is_some(),
            other => WORDS.contains(&other) || self.taken(other).is_some(),
        }
    }

    fn names(&self) -> Vec<String> {
        WORDS.iter().map(|w| w.to_string()).chain(self.layers().map(|l| format!("layer:{}", l.name))).collect()
    }
}
