//! The questions of `synthesize.NAME`: which samples are shown in each, and what is asked for.
use super::alike::Alike;
use super::declaration::Role;
use super::prompt::{Filling, Request};
use crate::digest::{Draws, draw};
use crate::measure::markup::marked;
use crate::model::answers::Question;
use crate::model::spans::Span;
use crate::stage::is_default;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize, Deserialize, Default)]
pub struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    pub name: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub seed: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub role: Role,
    #[serde(default, skip_serializing_if = "is_default")]
    pub count: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub per_request: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub examples: u32,
    /// The classes that samples are asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub wanted: Vec<String>,
    #[serde(default)]
    pub request: Request,
    /// How many labels lie on the text, and which of them the samples have.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spans: usize,
    #[serde(default, skip_serializing_if = "is_default")]
    pub main: Option<usize>,
    /// In millionths.
    #[serde(default, skip_serializing_if = "is_default")]
    pub near: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub passage: u32,
    /// What is asked of all texts.
    #[serde(default)]
    pub alike: Alike,
    /// The digest of the file of answers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pack: Option<String>,
}

/// A sample that examples are drawn from.
#[derive(Serialize, Deserialize, Default)]
pub struct Parent {
    pub id: String,
    pub text: String,
    /// Its spans, where labels are spans.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spans: Vec<(u32, u32, String)>,
    /// Its classes, each as often as it stands.
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
    /// It has no label: no example, but a text that may be copied.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unlabelled: bool,
}

impl Parent {
    /// Its text as the model is shown it.
    fn shown(&self, request: &Request) -> Option<String> {
        let span = |(start, end, class): &(u32, u32, String)| Span { start: *start, end: *end, class: class.clone() };
        match request.tags {
            true => marked(&self.text, &self.spans.iter().map(span).collect::<Vec<_>>(), &request.classes),
            false => Some(self.text.clone()),
        }
    }

    /// Itself as an example, in the form of an answer.
    fn example(&self, request: &Request) -> Option<String> {
        let text = self.shown(request)?;
        let item = match request.tags {
            true => serde_json::json!({ "text": text }),
            false => serde_json::json!({ "text": text, "label": self.classes.first()? }),
        };
        Some(item.to_string())
    }
}

/// A question, and whose samples its answer is.
pub struct Asked {
    /// The number of the first sample that it asks for.
    pub k: u32,
    /// How many it asks for.
    pub n: u32,
    pub question: Question,
    /// The class that is asked for, where one is.
    pub class: Option<String>,
    /// The samples that it shows; its own stand behind the first.
    pub parents: Vec<usize>,
}

impl Gather {
    /// All questions, in order.
    pub fn asked(&self, parents: &[Parent]) -> Vec<Asked> {
        let of =
            |p: &Parent| !p.unlabelled && (p.classes.is_empty() || p.classes.iter().any(|c| self.wanted.contains(c)));
        match self.role {
            Role::Generate => self.generated(parents),
            Role::Paraphrase => self.paraphrased(parents, &of),
        }
    }

    /// Questions for new samples: a class after the other, each with examples that have it, or any where none has.
    fn generated(&self, parents: &[Parent]) -> Vec<Asked> {
        let ids = Draws::new(self.seed, "synthesize samples");
        let places = Draws::new(self.seed, "synthesize examples");
        let shown: Vec<Option<String>> =
            parents.iter().map(|p| p.example(&self.request).filter(|_| !p.unlabelled)).collect();
        let ring = |of: &dyn Fn(&Parent) -> bool| {
            let own = parents.iter().enumerate().filter(|(at, p)| of(p) && shown.get(*at).is_some_and(Option::is_some));
            let mut ring: Vec<(u64, usize)> = own.map(|(at, p)| (ids.of(&p.id), at)).collect();
            ring.sort_unstable();
            ring
        };
        let all = ring(&|_| true);
        let by_class: BTreeMap<&str, Vec<(u64, usize)>> =
            self.wanted.iter().map(|class| (class.as_str(), ring(&|p: &Parent| p.classes.contains(class)))).collect();
        let mut out = Vec::new();
        let each = self.per_request.max(1);
        for (n, first) in (0..self.count).step_by(each as usize).enumerate() {
            let class = self.wanted.get(n % self.wanted.len().max(1)).cloned();
            let of = class.as_deref().and_then(|class| by_class.get(class)).filter(|ring| !ring.is_empty());
            let ring = of.unwrap_or(&all);
            let place = places.of(&format!("{} {n}", self.name));
            let at = ring.partition_point(|(hash, _)| *hash < place);
            let behind = ring.iter().cycle().skip(at).take((self.examples as usize).min(ring.len()));
            let chosen: Vec<usize> = behind.map(|(_, at)| *at).collect();
            let examples: Vec<&str> = chosen.iter().filter_map(|at| shown.get(*at)?.as_deref()).collect();
            let count = each.min(self.count - first);
            let filling = Filling {
                examples: examples.join("\n"),
                class: class.clone().unwrap_or_default(),
                classes: self.request.classes.join(", "),
                count,
                text: String::new(),
            };
            if !chosen.is_empty() {
                let question = self.request.question(&filling, self.question_seed(&n.to_string()));
                out.push(Asked { k: first + 1, n: count, question, class, parents: chosen });
            }
        }
        out
    }

    /// Questions for samples in other words: of those with the least draw.
    fn paraphrased(&self, parents: &[Parent], of: &dyn Fn(&Parent) -> bool) -> Vec<Asked> {
        let ids = Draws::new(self.seed, "synthesize samples");
        let own = parents.iter().enumerate().filter(|(_, p)| of(p));
        let mut ranked: Vec<(u64, usize)> = own.map(|(at, p)| (ids.of(&p.id), at)).collect();
        ranked.sort_unstable();
        let each = self.per_request.max(1);
        let (mut out, mut left) = (Vec::new(), self.count);
        for (_, at) in ranked {
            let Some((parent, text)) = parents.get(at).and_then(|p| Some((p, p.shown(&self.request)?))) else {
                continue;
            };
            let count = each.min(left);
            if count == 0 {
                break;
            }
            left -= count;
            let filling = Filling {
                examples: String::new(),
                class: parent
                    .classes
                    .iter()
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", "),
                classes: self.request.classes.join(", "),
                count,
                text,
            };
            let question = self.request.question(&filling, self.question_seed(&parent.id));
            out.push(Asked { k: 1, n: count, question, class: None, parents: vec![at] });
        }
        out
    }

    /// Questions that are filled in alike differ in this.
    fn question_seed(&self, of: &str) -> u32 {
        (draw(self.seed, "synthesize questions", &format!("{} {of}", self.name)) >> 33) as u32
    }
}
