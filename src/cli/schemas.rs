//! What each verb says with `--json`, as JSON Schemas that are made from the types which are written (`spec/json.md`).
use super::{explain, fmt, graph, guideline, release, trace, why};
use crate::engine::effect::Outcome;
use crate::engine::told::Event;
use crate::report::difference::Difference;
use crate::report::license::Composition;
use crate::report::plan::Plan;
use crate::report::problems::Checked;
use crate::report::status::Status;
use crate::report::view::Views;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value as Json;

/// Makes a schema.
pub type Make = fn() -> Json;

/// Verbs with the schema of their object; that of `build`, `fetch`, `update` and `watch` is of each line.
pub const SCHEMAS: &[(&str, Make)] = &[
    ("build", of::<Event>),
    ("check", of::<Checked>),
    ("diff", of::<Difference>),
    ("explain", of::<explain::Told>),
    ("fetch", of::<Outcome>),
    ("fmt", of::<fmt::Told>),
    ("gc", of::<super::gc::Whole>),
    ("graph", of::<graph::Told>),
    ("guideline-diff", of::<guideline::Told>),
    ("label-export", of::<super::label::said::Exported>),
    ("label-import", of::<super::label::said::Imported>),
    ("label-plan", of::<super::label::plan::Cost>),
    ("license", of::<Composition>),
    ("new", of::<super::new::Told>),
    ("plan", of::<Plan>),
    ("privacy-import", of::<super::privacy::import::Told>),
    ("privacy-sample", of::<super::privacy::sample::Told>),
    ("pull", of::<super::pull::Whole>),
    ("push", of::<super::push::Whole>),
    ("rebuild-check", of::<super::rebuild::Told>),
    ("release", of::<release::Told>),
    ("report", of::<Views>),
    ("review", of::<super::review::Waiting>),
    ("serve", of::<super::serve::Serving>),
    ("show", of::<super::show::json::Shown>),
    ("status", of::<Status>),
    ("store-use", of::<super::store::Shared>),
    ("store-verify", of::<super::store::Whole>),
    ("store-warc", of::<super::store::Archive>),
    ("trace", of::<trace::Whole>),
    ("trust", of::<super::trust::Told>),
    ("update", of::<Outcome>),
    ("verify", of::<super::verify::audit::Audited>),
    ("watch", of::<Event>),
    ("why", of::<why::Told>),
];

/// The schema of a type as it is written: what may be left out may be missing.
fn of<T: JsonSchema>() -> Json {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}
