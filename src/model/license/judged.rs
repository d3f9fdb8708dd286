//! May data under one licence be released under another? What the texts settle is judged by the table of rights; what they
//! leave open is told as open, and is for people to decide.
use super::expression::{is_unknown, terms};
use super::rights::{self, Answer, Right};

/// What a source's licence asks for and a release would not keep. The order is that in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// It may not be given to others at all.
    Redistribute,
    /// No changed form may be shared, and nobody may be told that they may.
    NoDerivatives,
    /// Only non-commercial use.
    NonCommercial,
    /// Limits of use that whoever is given the data must agree to.
    Limits,
    /// The same licence for what is made of it.
    ShareAlike,
    /// The authors must be named.
    Attribution,
    /// The notice or text of the licence must be kept.
    Notice,
    /// Nothing is known of what the licence allows, or its text does not settle it.
    Unsettled,
}

impl Rule {
    pub const ALL: [Rule; 8] = [
        Rule::Redistribute,
        Rule::NoDerivatives,
        Rule::NonCommercial,
        Rule::Limits,
        Rule::ShareAlike,
        Rule::Attribution,
        Rule::Notice,
        Rule::Unsettled,
    ];

    /// What a manifest calls it.
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 8] = [
            "license.redistribute",
            "license.no-derivatives",
            "license.non-commercial",
            "license.limits",
            "license.share-alike",
            "license.attribution",
            "license.notice",
            "license.unsettled",
        ];
        NAMES[self as usize]
    }

    pub fn named(name: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// The first term of a source's licence that a release under another would not keep, and which rule it breaks. `adapted`:
/// some step changes what is released. Rules that people decided about count as kept. Of several licences to choose from,
/// one that is kept is enough; a release must keep it whichever of its own licences its user chooses.
pub fn broken(source: &str, release: &str, adapted: bool, allowed: &[Rule]) -> Option<(String, Rule)> {
    let (own, of) = (spdx::Expression::parse(source).ok()?, spdx::Expression::parse(release).ok()?);
    let mut first: Option<(String, Rule)> = None;
    let kept = own.evaluate(|term| {
        let term = term.to_string();
        let mut broken = None;
        let breaks = of.evaluate(|chosen| {
            let by = broken_by(&term, &chosen.to_string(), adapted, allowed);
            broken = broken.or(by);
            by.is_some()
        });
        first = first.take().or(broken.filter(|_| breaks).map(|rule| (term, rule)));
        !breaks
    });
    first.filter(|_| !kept)
}

/// What a single licence asks for and another does not keep.
fn broken_by(source: &str, release: &str, adapted: bool, allowed: &[Rule]) -> Option<Rule> {
    let breaks = |rule: &Rule| !allowed.contains(rule) && breaks(source, release, adapted, *rule);
    Rule::ALL.into_iter().find(breaks)
}

fn breaks(source: &str, release: &str, adapted: bool, rule: Rule) -> bool {
    let same = rights::plain(source) == rights::plain(release);
    if is_unknown(source) {
        return false; // told by itself, and refused where a release is frozen
    }
    let Some(own) = rights::of(source) else { return rule == Rule::Unsettled && !same };
    let of = |right| own.get(right);
    let other = rights::of(release);
    match rule {
        Rule::Redistribute => of(Right::Redistribute) == Answer::No,
        Rule::NoDerivatives => {
            // a licence of the whole that lets everybody adapt it grants more than this source gave, even where nothing is
            // changed before: CC BY-ND 4.0, s. 2(a)(1)(B) and s. 2(a)(5)
            let grants = !same && other.is_none_or(|o| o.get(Right::Adapt) != Answer::No);
            of(Right::Adapt) == Answer::No && (adapted || grants)
        }
        Rule::NonCommercial => {
            !same && of(Right::Commercial) == Answer::No && other.is_none_or(|o| o.get(Right::Commercial) != Answer::No)
        }
        Rule::Limits => !same && of(Right::Limits) == Answer::Yes,
        Rule::ShareAlike => {
            of(Right::ShareAlike) == Answer::Yes && !own.is_kept_by(rights::plain(source), rights::plain(release))
        }
        Rule::Attribution => of(Right::Attribution) == Answer::Yes && other.is_some_and(|o| o.waives()),
        Rule::Notice => {
            let asks = of(Right::Notice) == Answer::Yes && of(Right::Attribution) != Answer::Yes;
            asks && other.is_some_and(|o| o.waives())
        }
        Rule::Unsettled => {
            let open = |right| of(right) == Answer::Open;
            !same && (open(Right::Redistribute) || (adapted && open(Right::Adapt)))
        }
    }
}

/// Licences that a data set is often released under, from those that ask for least.
const USUAL: [&str; 16] = [
    "CC0-1.0",
    "PDDL-1.0",
    "CC-BY-4.0",
    "ODC-By-1.0",
    "CDLA-Permissive-2.0",
    "MIT",
    "Apache-2.0",
    "CC-BY-SA-4.0",
    "ODbL-1.0",
    "CDLA-Sharing-1.0",
    "GPL-3.0-only",
    "AGPL-3.0-only",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-NC-ND-4.0",
];

/// The licences, among the usual ones and those of the sources, under which all of some sources may be released together.
/// More sources leave as many or fewer.
pub fn outlets<'s>(sources: impl IntoIterator<Item = &'s str> + Clone, adapted: bool) -> Vec<String> {
    let own = sources.clone().into_iter().flat_map(terms);
    let mut all: Vec<String> = USUAL.iter().map(|id| id.to_string()).collect();
    for term in own {
        if !all.contains(&term) && !term.contains(" WITH ") {
            all.push(term);
        }
    }
    let kept = |release: &String| sources.clone().into_iter().all(|s| broken(s, release, adapted, &[]).is_none());
    all.retain(kept);
    all
}

/// What somebody may want to do with data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    Research,
    Commercial,
    Share,
    Train,
}

impl Use {
    pub const ALL: [Use; 4] = [Use::Research, Use::Commercial, Use::Share, Use::Train];

    pub fn name(self) -> &'static str {
        ["research", "commercial", "share", "train"][self as usize]
    }

    fn right(self) -> Right {
        [Right::Research, Right::Commercial, Right::Redistribute, Right::Train][self as usize]
    }
}

/// Whether a licence permits a use: of several to choose from the best one, of several that hold together the least one.
/// What nothing is known of is open.
pub fn permits(expression: &str, wanted: Use) -> Answer {
    let Ok(of) = spdx::Expression::parse(expression) else { return Answer::Open };
    let at_least = |least: Answer| of.evaluate(|term| permitted(&term.to_string(), wanted) >= least);
    [Answer::Yes, Answer::Open].into_iter().find(|least| at_least(*least)).unwrap_or(Answer::No)
}

/// An addition permits what it names beside what its licence permits.
fn permitted(term: &str, wanted: Use) -> Answer {
    let of = |id: &str| rights::of(id).map_or(Answer::Open, |row| row.get(wanted.right()));
    let added = term.split_once(" WITH ").map(|(_, addition)| addition).filter(|a| a.starts_with("AdditionRef-"));
    added.map_or(of(term), |addition| of(term).max(rights::of(addition).map_or(Answer::No, |_| of(addition))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_release_would_not_keep() {
        let of = |source: &str, release: &str| broken(source, release, false, &[]).map(|b| b.1);
        for (source, release, want) in [
            ("CC-BY-SA-4.0 OR MIT", "MIT", None),
            ("CC-BY-SA-4.0 AND MIT", "MIT", Some(Rule::ShareAlike)),
            ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", None),
            // whoever takes the release may choose the licence that breaks it
            ("CC-BY-NC-4.0", "CC-BY-NC-4.0 OR MIT", Some(Rule::NonCommercial)),
            ("CC-BY-NC-4.0", "CC-BY-NC-4.0 AND MIT", None),
            ("LicenseRef-Internal", "LicenseRef-Internal", None),
            ("LicenseRef-Internal", "CC-BY-4.0", Some(Rule::Unsettled)),
            ("LicenseRef-OpenRAIL-D", "CC-BY-4.0", Some(Rule::Limits)),
            ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", None),
            ("LicenseRef-CC-BY-SA-2.0-KR", "CC-BY-SA-4.0", None),
        ] {
            assert_eq!(of(source, release), want, "{source} under {release}");
        }
        assert_eq!(
            broken("CC-BY-NC-SA-4.0", "CC-BY-4.0", false, &[Rule::NonCommercial]).map(|b| b.1),
            Some(Rule::ShareAlike)
        );
        assert_eq!(broken("CC-BY-NC-4.0", "CC-BY-4.0", false, &[Rule::NonCommercial]), None);
        for rule in Rule::ALL {
            assert_eq!(Rule::named(rule.name()), Some(rule));
        }
    }

    #[test]
    fn uses() {
        let of = |license: &str, wanted| permits(license, wanted);
        assert_eq!(of("CC-BY-NC-4.0", Use::Commercial), Answer::No);
        assert_eq!(of("CC-BY-NC-4.0 OR MIT", Use::Commercial), Answer::Yes);
        assert_eq!(of("CC-BY-NC-4.0 AND MIT", Use::Commercial), Answer::No);
        assert_eq!(of("LicenseRef-KOGL-4", Use::Train), Answer::Open);
        assert_eq!(of("LicenseRef-KOGL-4 WITH AdditionRef-KOGL-AI", Use::Train), Answer::Yes);
        assert_eq!(of("LicenseRef-KOGL-4 WITH AdditionRef-KOGL-AI", Use::Commercial), Answer::Open);
        assert_eq!(of("LicenseRef-Internal", Use::Research), Answer::Open);
    }
}
