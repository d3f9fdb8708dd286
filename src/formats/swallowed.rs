//! Lines that a broken record took with it. A quote that nobody closed makes one record of thousands of lines; dropped as
//! one record it would hardly be seen, so each of its lines counts where losses are judged.
//!
//! Rows of a table in which no cell holds anything are the other way round: spreadsheets write thousands of them behind the
//! last row, and like blank lines they are no records that were lost. So are rows that sum up others, where the manifest says how these
//! are called.
//!
//! What a reader says of a dropped record is all that is kept of it, so the number stands in its words.

/// A record of more lines than this took others with it.
pub const LINES: u64 = 10;

/// The rule of a row in which no cell holds anything.
pub const EMPTY: &str = "csv.empty";

/// The rule of a row that sums up others.
pub const TOTAL: &str = "csv.total";

const WORDS: &str = " lines of the file are one record";

/// What is said of so many lines.
pub fn words(lines: usize) -> String {
    format!("{lines}{WORDS}")
}

/// How many records a dropped one counts for where losses are judged, by its rule and what was said of it.
pub fn records(rule: &str, say: &str) -> u64 {
    if rule == EMPTY || rule == TOTAL {
        return 0;
    }
    let told = say.find(WORDS).and_then(|end| say.get(..end)?.rsplit(' ').next()?.parse().ok());
    told.filter(|lines| *lines > LINES).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_again() {
        assert_eq!(records("csv.endless", &format!("a quote is opened and never closed: {}", words(1000))), 1000);
        assert_eq!(records("csv.ragged", &format!("3 values; {}", words(2))), 1);
        assert_eq!((records("csv.quote", &words(11)), records("csv.quote", "no quote")), (11, 1));
        assert_eq!(records(EMPTY, "no cell of the row holds anything"), 0);
    }
}
