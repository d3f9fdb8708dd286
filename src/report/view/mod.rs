//! What the pages of a report are made of: plain values out of facts, ledger and columns, a file a page. They are also what
//! `tamis report --json` prints. A page of which nothing is known is absent.
pub mod agreement;
pub mod changes;
pub mod doubts;
pub mod drawn;
pub mod duplicates;
pub mod fields;
pub mod findings;
pub mod flow;
pub mod issues;
pub mod labels;
pub mod licences;
pub mod models;
pub mod numbers;
pub mod overview;
pub mod pick;
pub mod pipeline;
pub mod privacy;
pub mod quality;
pub mod released;
pub mod samples;
pub mod seen;
pub mod splits;
pub mod wanted;

use self::seen::Seen;
use super::difference::Difference;
use crate::engine::lock::Lock;
use crate::project::Failure;
use serde::Serialize;

/// A view that is read by itself. The samples are none of these: how many are shown is asked with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    Overview,
    Flow,
    Pipeline,
    Fields,
    Labels,
    Agreement,
    Models,
    Issues,
    Wanted,
    Duplicates,
    Quality,
    Privacy,
    Licences,
    /// Needs the labels to be read before it.
    Splits,
    Findings,
}

/// All of them, in an order in which they can be read.
const ALL: [View; 15] = [
    View::Overview,
    View::Flow,
    View::Pipeline,
    View::Fields,
    View::Labels,
    View::Agreement,
    View::Models,
    View::Issues,
    View::Wanted,
    View::Duplicates,
    View::Quality,
    View::Privacy,
    View::Licences,
    View::Splits,
    View::Findings,
];

/// All pages. What was not read is empty.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Views {
    pub overview: overview::Overview,
    /// What differs from an earlier release, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Difference>,
    pub flow: flow::Flow,
    pub pipeline: pipeline::Pipeline,
    pub fields: Vec<fields::Field>,
    pub labels: Vec<labels::Task>,
    pub agreement: Vec<agreement::Agreement>,
    pub models: Vec<models::Scored>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issues: Option<issues::Issues>,
    /// What steps without a model doubt of labels.
    pub doubts: Vec<doubts::Doubts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<wanted::Wanted>,
    pub duplicates: Vec<duplicates::Duplicates>,
    pub quality: quality::Quality,
    pub privacy: Vec<privacy::Counted>,
    pub licences: Vec<licences::Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub splits: Option<splits::Splits>,
    pub samples: samples::Samples,
    /// The classes of all labels, in the order of the manifest: what gives each its colour.
    #[serde(skip)]
    pub classes: Vec<String>,
    pub findings: Vec<findings::Rule>,
    /// The report lies in a release: it tells no sample.
    #[serde(skip)]
    pub numbers_alone: bool,
}

impl Views {
    /// Reads all of them; at most `most` samples are chosen.
    pub fn of(seen: &Seen, lock: &Lock, most: usize) -> Result<Views, Failure> {
        Ok(Views { samples: samples::of(seen, most)?, ..Views::only(seen, lock, &ALL)? })
    }

    /// Reads all that are numbers.
    pub fn numbers(seen: &Seen, lock: &Lock) -> Result<Views, Failure> {
        Views::only(seen, lock, &ALL)
    }

    /// Reads some of them, in this order.
    pub fn only(seen: &Seen, lock: &Lock, of: &[View]) -> Result<Views, Failure> {
        let mut out = Views { classes: samples::classes(seen), ..Views::default() };
        for view in of {
            match view {
                View::Overview => out.overview = overview::of(seen, lock)?,
                View::Flow => out.flow = flow::of(seen)?,
                View::Pipeline => out.pipeline = pipeline::of(seen)?,
                View::Fields => out.fields = fields::of(seen)?,
                View::Labels => out.labels = labels::of(seen)?,
                View::Agreement => out.agreement = agreement::of(seen)?,
                View::Models => out.models = models::of(seen),
                View::Issues => (out.issues, out.doubts) = (issues::of(seen)?, doubts::of(seen)?),
                View::Wanted => out.wanted = wanted::of(seen)?,
                View::Duplicates => out.duplicates = duplicates::of(seen)?,
                View::Quality => out.quality = quality::of(seen)?,
                View::Privacy => out.privacy = privacy::of(seen),
                View::Licences => out.licences = licences::of(seen)?,
                View::Splits => out.splits = splits::of(seen, &out.labels)?,
                View::Findings => out.findings = findings::of(seen)?,
            }
        }
        Ok(out)
    }
}
