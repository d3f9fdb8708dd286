//! What the card of a release tells of its anonymity.
use super::declared::Declared;

/// The heading, and under it what was measured: what it is called, and the fact.
pub fn told(release: &str, d: &Declared) -> (String, Vec<(String, String)>) {
    let step = format!("{release}/anonymity");
    let who = if d.anonymity.unit.is_some() { "People" } else { "Rows" };
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |say: String, fact: &str| all.push((say, format!("{step}.{fact}")));
    add(format!("{who} in the smallest class (k)"), "k");
    add("Classes of rows that look alike".into(), "classes");
    add("Rows left out because too few look like them".into(), "suppressed");
    add("Loss of information, 0 to 1".into(), "loss");
    add("Prosecutor's risk, at worst".into(), "risk.prosecutor");
    add("Marketer's risk, on average".into(), "risk.marketer");
    if d.population.is_some() {
        add("Journalist's risk, at worst".into(), "risk.journalist");
    }
    for name in d.anonymity.sensitive.keys() {
        add(format!("Different values of `{name}` in a class, at least"), &format!("{name}.distinct"));
        add(format!("Effective values of `{name}` in a class, at least"), &format!("{name}.entropy"));
        add(format!("Distance of `{name}` from the whole (t), at most"), &format!("{name}.t"));
    }
    for (name, way, _) in &d.quasi {
        add(format!("Values of `{name}` ({}) that could not be generalised", way.name()), &format!("unknown.{name}"));
    }
    if d.anonymity.method.get() == &super::declared::Method::Optimal {
        add("Levels of generalisation".into(), "levels");
    }
    ("Anonymity".into(), all)
}
