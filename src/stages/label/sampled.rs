//! What the map of `label.TASK/agreement` says of a sample, as bytes of its summary.
//!
//! Most samples are one thing of which everybody says one category: those are names one behind another, which a gather reads where they
//! lie. All others are JSON.
use super::compared::{Compared, Unit};
use super::names;
use crate::stage::Fault;

/// A sample as a gather reads it.
pub enum Sample<'b> {
    Plain(Plain<'b>),
    Whole(Compared),
}

/// One thing of which each annotator said one category.
#[derive(Debug, Default, PartialEq)]
pub struct Plain<'b> {
    pub by: Vec<&'b str>,
    pub said: Vec<&'b str>,
    /// Versions of the guideline, where somebody says one.
    pub versions: Vec<&'b str>,
    pub decided: bool,
}

/// The first byte of a plain sample; JSON begins with another one.
const PLAIN: u8 = 1;

/// What the second byte of a plain sample says.
const DECIDED: u8 = 1;
const VERSIONS: u8 = 2;

/// The bytes of a sample.
pub fn encode(sample: &Compared) -> Result<Vec<u8>, Fault> {
    let Some(said) = plain(sample) else {
        return serde_json::to_vec(sample).map_err(|e| Fault::Bug(e.to_string()));
    };
    let versions = sample.versions.len() == sample.by.len();
    let mut out = vec![PLAIN, u8::from(sample.decided) * DECIDED + u8::from(versions) * VERSIONS];
    for (n, (by, said)) in sample.by.iter().zip(said).enumerate() {
        names::put(&mut out, by);
        names::put(&mut out, said);
        sample.versions.get(n).into_iter().for_each(|version| names::put(&mut out, version));
    }
    Ok(out)
}

/// The category that each annotator gave, if the sample is one thing that each gave one.
fn plain(sample: &Compared) -> Option<Vec<&str>> {
    let [Unit(said, 1)] = sample.units.as_slice() else { return None };
    let versions = sample.versions.is_empty() || sample.versions.len() == sample.by.len();
    let alone = sample.shares.is_empty() && sample.together.is_none() && versions && !sample.by.is_empty();
    let said: Option<Vec<&str>> = said.iter().map(Option::as_deref).collect();
    said.filter(|said| alone && said.len() == sample.by.len())
}

impl<'b> Sample<'b> {
    /// Reads the bytes of a sample.
    pub fn read(bytes: &'b [u8]) -> Result<Sample<'b>, Fault> {
        match bytes {
            [PLAIN, what, rest @ ..] => {
                let all =
                    names::read(rest).ok_or_else(|| Fault::Bug("the names of a sample do not read back".into()))?;
                let each = if what & VERSIONS == 0 { 2 } else { 3 };
                let column = |at: usize| all.iter().skip(at).step_by(each).copied().collect();
                let versions = if each == 3 { column(2) } else { Vec::new() };
                Ok(Sample::Plain(Plain { by: column(0), said: column(1), versions, decided: what & DECIDED != 0 }))
            }
            json => serde_json::from_slice(json).map(Sample::Whole).map_err(|e| Fault::Bug(e.to_string())),
        }
    }

    /// A person decided what the label is.
    pub fn decided(&self) -> bool {
        match self {
            Sample::Plain(plain) => plain.decided,
            Sample::Whole(whole) => whole.decided,
        }
    }

    /// The versions of the guideline under which its answers were given.
    pub fn versions(&self) -> Vec<&str> {
        match self {
            Sample::Plain(plain) => plain.versions.clone(),
            Sample::Whole(whole) => whole.versions.iter().map(String::as_str).collect(),
        }
    }

    /// What those answered who answered under a version of the guideline.
    pub fn under(self, version: &str) -> Sample<'b> {
        match self {
            Sample::Plain(plain) => Sample::Plain(plain.under(version)),
            Sample::Whole(whole) => Sample::Whole(whole.under(version)),
        }
    }

    /// The sample in full.
    pub fn whole(self) -> Compared {
        match self {
            Sample::Whole(whole) => whole,
            Sample::Plain(plain) => {
                let texts = |of: &[&str]| of.iter().map(|text| text.to_string()).collect::<Vec<_>>();
                let (by, versions) = (texts(&plain.by), texts(&plain.versions));
                Compared { by, versions, decided: plain.decided, ..Compared::one(texts(&plain.said)) }
            }
        }
    }
}

impl<'b> Plain<'b> {
    fn under(&self, version: &str) -> Plain<'b> {
        let own: Vec<usize> =
            self.versions.iter().enumerate().filter(|(_, of)| **of == version).map(|(place, _)| place).collect();
        let of = |from: &[&'b str]| own.iter().filter_map(|at| from.get(*at).copied()).collect();
        Plain { by: of(&self.by), said: of(&self.said), versions: of(&self.versions), decided: self.decided }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(of: &[&str]) -> Vec<String> {
        of.iter().map(|t| t.to_string()).collect()
    }

    #[test]
    fn samples_read_back() {
        let plain = Compared { by: texts(&["a", "b"]), ..Compared::one(texts(&["x", ""])) };
        let decided = Compared { decided: true, versions: texts(&["1.0.0", ""]), ..plain.clone() };
        let whole = [
            Compared { units: vec![Unit(vec![Some("x".into()), None], 1)], ..plain.clone() },
            Compared { units: vec![Unit(vec![Some("x".into()), Some("y".into())], 2)], ..plain.clone() },
            Compared { together: Some((1, 2)), ..plain.clone() },
            Compared { by: texts(&["a"]), ..Compared::default() },
        ];
        for (sample, short) in [(&plain, true), (&decided, true)].into_iter().chain(whole.iter().map(|w| (w, false))) {
            let bytes = encode(sample).unwrap();
            let read = Sample::read(&bytes).unwrap();
            assert_eq!(matches!(read, Sample::Plain(_)), short);
            assert_eq!((read.decided(), read.versions().len()), (sample.decided, sample.versions.len()));
            assert_eq!(&read.whole(), sample);
            let own = Sample::read(&bytes).unwrap().under("1.0.0").whole();
            assert!(own == sample.under("1.0.0") || own.by.is_empty(), "{own:?}");
        }
        assert!(Sample::read(&[PLAIN, 0, 9]).is_err() && Sample::read(b"").is_err());
    }
}
