//! What the pages of a report are made of: plain values out of facts, ledger and columns, a file a page. They are also what
//! `tamis report --json` prints. A page of which nothing is known is absent.
pub mod agreement;
pub mod changes;
pub mod duplicates;
pub mod fields;
pub mod findings;
pub mod flow;
pub mod labels;
pub mod licences;
pub mod numbers;
pub mod overview;
pub mod pick;
pub mod pipeline;
pub mod privacy;
pub mod quality;
pub mod samples;
pub mod seen;
pub mod splits;

use self::seen::Seen;
use super::difference::Difference;
use crate::engine::lock::Lock;
use crate::project::Failure;
use serde::Serialize;

/// All pages.
#[derive(Serialize, schemars::JsonSchema, Debug)]
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
    pub duplicates: Vec<duplicates::Duplicates>,
    pub quality: quality::Quality,
    pub privacy: Vec<privacy::Counted>,
    pub licences: Vec<licences::Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub splits: Option<splits::Splits>,
    pub samples: samples::Samples,
    pub findings: Vec<findings::Rule>,
}

impl Views {
    /// Reads all of them; at most `most` samples are chosen.
    pub fn of(seen: &Seen, lock: &Lock, most: usize) -> Result<Views, Failure> {
        let fields = fields::of(seen)?;
        let labels = labels::of(seen)?;
        let findings = findings::of(seen)?;
        let quality = quality::of(seen)?;
        let duplicates = duplicates::of(seen)?;
        Ok(Views {
            overview: overview::of(seen, lock)?,
            changes: None,
            flow: flow::of(seen)?,
            pipeline: pipeline::of(seen)?,
            splits: splits::of(seen, &labels)?,
            licences: licences::of(seen)?,
            agreement: agreement::of(seen)?,
            privacy: privacy::of(seen),
            samples: samples::of(seen, most)?,
            fields,
            labels,
            duplicates,
            quality,
            findings,
        })
    }
}
