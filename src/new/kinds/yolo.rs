//! YOLO: text of numbers, a line an object, in a folder of labels. `data.yaml` beside them names the classes.
use super::recogniser::{Key, Recogniser};
use crate::new::folder::Beginning;

pub const RECOGNISER: Recogniser = Recogniser { format: "yolo", sees, ids: &[] };

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    if b.file.extension() != "txt" || b.packed {
        return None;
    }
    let text = std::str::from_utf8(b.bytes.get(..end(b)?)?).ok()?;
    let lines = text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty());
    let points: Vec<Option<usize>> = lines.map(object).collect::<Option<_>>()?;
    let most = points.iter().max()?;
    let key = |n: usize| Key::new("points", n as u64, "the third number of each is 0, 1 or 2: whether it is seen");
    Some(most.map(key).into_iter().collect())
}

/// Where the last whole line of the beginning ends.
fn end(b: &Beginning) -> Option<usize> {
    if b.whole { Some(b.bytes.len()) } else { b.bytes.iter().rposition(|byte| *byte == b'\n') }
}

/// A line of the number of a class and shares; and how many points it has, where numbers behind its box say of each whether it
/// is seen.
fn object(line: &str) -> Option<Option<usize>> {
    let mut words = line.split_whitespace();
    let class = words.next()?;
    let class = class.strip_suffix(".0").unwrap_or(class);
    let numbers: Vec<f64> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let share = |n: &f64| (-0.01..=1.01).contains(n);
    let (triples, rest) = numbers.get(4..).unwrap_or_default().as_chunks::<3>();
    let seen = |[x, y, seen]: &[f64; 3]| share(x) && share(y) && [0.0, 1.0, 2.0].contains(seen);
    let posed = rest.is_empty() && triples.iter().all(seen) && triples.iter().any(|[_, _, seen]| *seen == 2.0);
    let shares = (numbers.len() == 4 || numbers.len() >= 6) && numbers.iter().all(share);
    let boxed = numbers.iter().take(4).all(share);
    let is_class = !class.is_empty() && class.len() <= 5 && class.bytes().all(|b| b.is_ascii_digit());
    (is_class && (shares || (posed && boxed))).then(|| posed.then_some(triples.len()))
}
