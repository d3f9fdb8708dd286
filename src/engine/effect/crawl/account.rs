//! What a crawl came to, in words: what was kept and left out, which servers failed, and what is not as it was before.
use super::super::get::Miss;
use super::pack::Pack;
use super::visit::{Told, Visitor};
use crate::stage::Crawl;
use std::collections::BTreeMap;

/// Rules by which something did not come: the first case of each is told with its reason.
const REASONS: [&str; 5] = ["robots.unreachable", "host.failed", "http.failed", "http.refused", "http.coding"];

/// Reasons that stand behind a crawl that kept nothing.
const SHOWN: usize = 3;

/// What is told of a walk that came to its end.
pub struct Account<'w> {
    pub crawl: &'w Crawl,
    pub visitor: &'w Visitor<'w>,
    pub pack: &'w Pack<'w>,
    /// What of pages could not be read as it is: of how many, and which was the first.
    pub lost: &'w BTreeMap<String, (u64, String)>,
    pub told: Told,
}

impl Account<'_> {
    fn what(&self, n: usize) -> String {
        let one = if self.crawl.images { "picture" } else { "page" };
        match n {
            0 => format!("no {one}s"),
            1 => format!("1 {one}"),
            n => format!("{n} {one}s"),
        }
    }

    fn left_out(&self) -> String {
        let told: Vec<String> = self.pack.left.iter().map(|(rule, n)| format!("{n} {rule}")).collect();
        if told.is_empty() { "nothing left out".into() } else { format!("left out: {}", told.join(", ")) }
    }

    /// A crawl that found nothing, or whose servers all failed, is none: what was pinned before stays.
    pub fn check(&self) -> Result<(), Miss> {
        if let Some((n, why)) = self.told.stale.as_ref().filter(|_| self.told.answered == 0) {
            return Err(Miss::Failed(format!("no server answered for any of {}: {why}", self.what(*n as usize))));
        }
        if !self.pack.kept.is_empty() {
            return Ok(());
        }
        let reasons: Vec<&str> = self.pack.first.values().take(SHOWN).map(String::as_str).collect();
        let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
        Err(Miss::Failed(format!("{} kept; {}{reasons}", self.what(0), self.left_out())))
    }

    /// What is told of a crawl that kept something.
    pub fn remarks(&self) -> Vec<String> {
        let kept = &self.pack.kept;
        let mut out = vec![format!("{} kept; {}", self.what(kept.len()), self.left_out())];
        out.extend(self.changes(&self.visitor.before.kept));
        let reasons = self.pack.first.iter().filter(|(rule, _)| REASONS.contains(&rule.as_str()));
        out.extend(reasons.map(|(rule, why)| format!("{rule}: such as {why}")));
        if let Some((n, why)) = &self.told.stale {
            out.push(format!("as before, since the server failed: {}, such as {why}", self.what(*n as usize)));
        }
        let unread = self.told.unread.iter();
        out.extend(unread.map(|url| format!("{url} does not read: what it may reserve is not known")));
        let lost = self.lost.iter();
        out.extend(lost.map(|(what, (n, first))| {
            let pages = if *n == 1 { "1 page".to_string() } else { format!("{n} pages") };
            format!("{what}: {pages}, such as {first}")
        }));
        let idle = self.visitor.paths.idle();
        out.extend(idle.iter().map(|glob| format!("`exclude` names `{glob}`, which leaves out nothing")));
        out
    }

    /// How what is kept differs from what was kept before.
    fn changes(&self, before: &BTreeMap<String, String>) -> Option<String> {
        let kept = &self.pack.kept;
        let came = kept.keys().filter(|url| !before.contains_key(*url)).count();
        let mut gone = before.keys().filter(|url| !kept.contains_key(*url)).peekable();
        let first = gone.peek().map(|url| format!(", such as {url}")).unwrap_or_default();
        let changed = kept.iter().filter(|(url, digest)| before.get(*url).is_some_and(|was| was != *digest)).count();
        let gone = gone.count();
        (!before.is_empty() && came + gone + changed > 0)
            .then(|| format!("since the last: {came} came, {changed} changed, {gone} went{first}"))
    }
}
