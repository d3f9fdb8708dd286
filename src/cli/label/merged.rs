//! Answers that are added to a file of votes: the same person's answer to the same sample takes the place of the one before, and
//! all other lines stay.
use super::csv::{line, rows};
use std::collections::{BTreeMap, BTreeSet};

/// The columns of a file of votes.
pub const HEAD: [&str; 3] = ["item", "annotator", "label"];

/// A file of votes with new answers in it.
#[derive(Debug, PartialEq)]
pub struct Merged {
    pub text: String,
    pub new: u64,
    /// Answers that took the place of another answer.
    pub replaced: u64,
    /// Answers that were there.
    pub same: u64,
    /// Lines about other samples, or of other people.
    pub stay: u64,
}

/// Adds answers, each as sample, annotator and label, to the text of a file; an error if that is no table of votes.
pub fn merged(before: Option<&str>, answers: &[[String; 3]]) -> Result<Merged, String> {
    let (head, old) = match before {
        Some(text) => table(text)?,
        None => (HEAD.map(String::from).to_vec(), Vec::new()),
    };
    let at = HEAD.map(|name| head.iter().position(|own| own == name));
    let [Some(item), Some(annotator), Some(label)] = at else {
        return Err("its first line names no `item`, `annotator` and `label`".into());
    };
    let mut open: BTreeMap<[String; 2], &String> =
        answers.iter().map(|[item, by, label]| ([item.clone(), by.clone()], label)).collect();
    let mut out = Merged { text: line(head.iter().map(String::as_str)), new: 0, replaced: 0, same: 0, stay: 0 };
    let asked: BTreeSet<[String; 2]> = open.keys().cloned().collect();
    for mut row in old {
        let cell = |i: usize| row.get(i).cloned().unwrap_or_default();
        let key = [cell(item), cell(annotator)];
        match open.remove(&key) {
            Some(answer) if cell(label) == *answer => out.same += 1,
            Some(answer) => {
                out.replaced += 1;
                row.resize(head.len().max(row.len()), String::new());
                row.get_mut(label).into_iter().for_each(|cell| cell.clone_from(answer));
            }
            // a second line about the same goes with the first
            None if asked.contains(&key) => {
                out.replaced += 1;
                continue;
            }
            None => out.stay += 1,
        }
        out.text.push_str(&line(row.iter().map(String::as_str)));
    }
    for [of, by, answer] in answers {
        if open.remove(&[of.clone(), by.clone()]).is_none() {
            continue;
        }
        let mut row = vec![String::new(); head.len()];
        for (at, cell) in [(item, of), (annotator, by), (label, answer)] {
            row.get_mut(at).into_iter().for_each(|own| own.clone_from(cell));
        }
        out.new += 1;
        out.text.push_str(&line(row.iter().map(String::as_str)));
    }
    Ok(out)
}

/// The first line of a file, and the others.
fn table(text: &str) -> Result<(Vec<String>, Vec<Vec<String>>), String> {
    let mut all = rows(text)?.into_iter();
    Ok((all.next().unwrap_or_default(), all.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(of: &[[&str; 3]]) -> Vec<[String; 3]> {
        of.iter().map(|one| one.map(String::from)).collect()
    }

    #[test]
    fn a_second_batch_is_added_and_replaces_the_same_samples_alone() {
        let first = merged(None, &answers(&[["a", "zoe", "law"], ["b", "zoe", "[\"x\",\"y\"]"]])).unwrap();
        assert_eq!((first.new, first.replaced, first.same, first.stay), (2, 0, 0, 0));
        let before = first.text + "c,kim,law\n";
        let next = answers(&[["c", "zoe", "law"], ["b", "zoe", "[]"], ["a", "zoe", "law"]]);
        let got = merged(Some(&before), &next).unwrap();
        assert_eq!((got.new, got.replaced, got.same, got.stay), (1, 1, 1, 1));
        assert_eq!(got.text, "item,annotator,label\na,zoe,law\nb,zoe,[]\nc,kim,law\nc,zoe,law\n");
    }

    #[test]
    fn other_columns_stay_and_another_table_is_refused() {
        let before = "item,label,annotator,seconds\r\na,law,zoe,9\r\na,sport,zoe,8\r\n";
        let got = merged(Some(before), &answers(&[["a", "zoe", "x"], ["b", "zoe", "y"]])).unwrap();
        assert_eq!(got.text, "item,label,annotator,seconds\na,x,zoe,9\nb,y,zoe,\n");
        assert_eq!((got.replaced, got.new), (2, 1), "the line that said otherwise goes, too");
        assert!(merged(Some("id,text\na,b\n"), &[]).is_err());
        assert!(merged(Some("item,annotator,label\na,\"b\n"), &[]).is_err());
    }
}
