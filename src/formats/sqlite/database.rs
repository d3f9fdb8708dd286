//! Asks a database of SQLite (owner of `rusqlite`). The bytes of the file are all that it has: nothing is opened, and nothing of
//! a query may change anything or depend on the time.
use super::row::{Row, STEPS_MAX};
use crate::formats::encoding::Wrong;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, MAIN_DB};

/// Functions whose answer is another one next time, or that reach outside: those of days and times read the clock.
const FORBIDDEN: &[&str] = &[
    "random",
    "randomblob",
    "date",
    "time",
    "datetime",
    "julianday",
    "strftime",
    "unixepoch",
    "timediff",
    "current_date",
    "current_time",
    "current_timestamp",
    "load_extension",
    "sqlite_version",
    "sqlite_source_id",
    "changes",
    "total_changes",
    "last_insert_rowid",
    "fts3_tokenizer",
];

/// Steps between two looks at how many were taken.
const LOOK: i32 = 100_000;

pub fn rows(bytes: &[u8], query: &str, most: usize, tell: &mut dyn FnMut(Row)) -> Result<Vec<String>, Wrong> {
    within(STEPS_MAX, bytes, query, most, tell)
}

fn within(steps: u64, bytes: &[u8], query: &str, most: usize, tell: &mut dyn FnMut(Row)) -> Result<Vec<String>, Wrong> {
    let unread = |e| Wrong::new("sqlite.database", format!("it is no database that can be read: {e}"));
    let db = opened(bytes, steps).map_err(unread)?;
    let query = if query.is_empty() { all_of_the_only(&db)? } else { query.to_string() };
    answer(&db, &query, most, tell)
}

fn opened(bytes: &[u8], steps: u64) -> Result<Connection, Error> {
    let mut own = bytes.to_vec();
    if let Some(versions) = own.get_mut(18..20) {
        versions.fill(1); // a database in WAL mode cannot be opened without its other file
    }
    let mut db = Connection::open_in_memory()?;
    db.deserialize_read_exact(MAIN_DB, own.as_slice(), own.len(), true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    let mut looks = 0;
    let budget = move || {
        looks += 1;
        looks * LOOK as u64 > steps
    };
    db.progress_handler(LOOK, Some(budget))?;
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    db.authorizer(Some(allowed))?;
    Ok(db)
}

/// A query may select, and call what gives the same answer each time.
fn allowed(of: AuthContext<'_>) -> Authorization {
    match of.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if !FORBIDDEN.contains(&function_name.to_lowercase().as_str()) => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

/// The query for all of the only table.
fn all_of_the_only(db: &Connection) -> Result<String, Wrong> {
    let tables = tables(db).map_err(|e| wrong(db, e))?;
    match tables.as_slice() {
        [one] => Ok(format!("SELECT * FROM \"{}\"", one.replace('"', "\"\""))),
        [] => Err(Wrong::new("sqlite.query", "it has no table")),
        _ => Err(Wrong::new(
            "sqlite.query",
            format!("`query` must say what is read: it has the tables {}", listed(&tables)),
        )),
    }
}

fn tables(db: &Connection) -> Result<Vec<String>, Error> {
    let names =
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name";
    db.prepare(names)?.query_map([], |row| row.get(0))?.collect()
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(SHOWN);
    shown.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

fn answer(db: &Connection, query: &str, most: usize, tell: &mut dyn FnMut(Row)) -> Result<Vec<String>, Wrong> {
    let mut statement = db.prepare(query).map_err(|e| wrong(db, e))?;
    let names: Vec<String> = statement.column_names().map(String::from).collect();
    let twice = names.iter().enumerate().find(|(n, name)| names.iter().take(*n).any(|other| other == *name));
    if let Some((_, name)) = twice {
        return Err(Wrong::new("sqlite.query", format!("it gives two columns `{name}`: name one with `AS`")));
    }
    if names.is_empty() || !statement.readonly() {
        return Err(Wrong::new("sqlite.query", "it selects nothing"));
    }
    let mut rows = statement.query([]).map_err(|e| wrong(db, e))?;
    for _ in 0..most {
        let Some(row) = rows.next().map_err(|e| wrong(db, e))? else { break };
        let mut values = Vec::with_capacity(names.len());
        for n in 0..names.len() {
            values.push(row.get_ref(n).map_err(|e| wrong(db, e))?);
        }
        tell(object(&names, &values));
    }
    Ok(names)
}

/// A row as JSON.
fn object(names: &[String], values: &[ValueRef]) -> Row {
    let (mut out, mut lost, mut bad) = (String::from("{"), Vec::new(), None);
    for (n, (name, value)) in names.iter().zip(values).enumerate() {
        let value = match value {
            ValueRef::Null => "null".to_string(),
            ValueRef::Integer(n) => n.to_string(),
            ValueRef::Real(x) if x.is_finite() => serde_json::Value::from(*x).to_string(),
            ValueRef::Real(_) => {
                lost.push((name.clone(), "infinity, which is no number of a column"));
                "null".to_string()
            }
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => serde_json::Value::from(text).to_string(),
                Err(_) => {
                    bad = Some(Wrong::new("encoding", format!("the text of column {} is not UTF-8", n + 1)));
                    "null".to_string()
                }
            },
            ValueRef::Blob(_) => {
                lost.push((name.clone(), "bytes (BLOB), which no column of samples holds"));
                "null".to_string()
            }
        };
        let comma = if n > 0 { "," } else { "" };
        out.push_str(&format!("{comma}{}:{value}", serde_json::Value::from(name.as_str())));
    }
    out.push('}');
    Row { object: bad.map_or(Ok(out), Err), lost }
}

/// What SQLite says of a query, with the tables that there are where one is missing.
fn wrong(db: &Connection, e: Error) -> Wrong {
    let say = match &e {
        Error::SqliteFailure(failure, say) => say.clone().unwrap_or_else(|| failure.to_string()),
        Error::SqlInputError { msg, .. } => msg.clone(),
        Error::MultipleStatement => "it is more than one statement".to_string(),
        other => other.to_string(),
    };
    let rule = match e.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => "sqlite.database",
        _ => "sqlite.query",
    };
    let say = match say.as_str() {
        "interrupted" => format!("it takes more than {STEPS_MAX} steps"),
        "not authorized" => {
            "it would change something, open something or ask for the time: it may only select".to_string()
        }
        other if other.contains("no such table") => {
            format!("{other}; there are {}", listed(&tables(db).unwrap_or_default()))
        }
        other if other.contains("not authorized to use function") => {
            format!("{other}: its answer is another one next time")
        }
        other => other.to_string(),
    };
    Wrong::new(rule, say)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(sql: &str) -> Vec<u8> {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch(sql).unwrap();
        db.serialize(MAIN_DB).unwrap().to_vec()
    }

    const NOTES: &str = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, share REAL, raw BLOB, day TEXT);
        INSERT INTO notes VALUES (2, 'b \"q\"', 1.0, x'ff', NULL), (1, '가', 9e999, NULL, '2026-01-31');";

    fn told(bytes: &[u8], query: &str) -> Result<Vec<String>, (&'static str, String)> {
        let mut out = Vec::new();
        let mut tell = |row: Row| {
            let lost: Vec<String> = row.lost.iter().map(|(name, _)| format!(" lost {name}")).collect();
            out.push(row.object.unwrap_or_else(|w| w.rule.to_string()) + &lost.join(""));
        };
        rows(bytes, query, 100, &mut tell).map_err(|w| (w.rule, w.say)).map(|_| out)
    }

    #[test]
    fn rows_are_objects() {
        let db = made(NOTES);
        let want = [
            "{\"id\":1,\"text\":\"가\",\"share\":null,\"raw\":null,\"day\":\"2026-01-31\"} lost share",
            "{\"id\":2,\"text\":\"b \\\"q\\\"\",\"share\":1.0,\"raw\":null,\"day\":null} lost raw",
        ];
        assert_eq!(told(&db, "").unwrap(), want);
        assert_eq!(told(&db, "SELECT upper(text) AS t FROM notes WHERE id > 1").unwrap(), ["{\"t\":\"B \\\"Q\\\"\"}"]);
        let bad = made("CREATE TABLE t (x TEXT); INSERT INTO t VALUES (CAST(x'ff' AS TEXT)), ('y');");
        assert_eq!(told(&bad, "").unwrap(), ["encoding", "{\"x\":\"y\"}"]);
    }

    #[test]
    fn a_query_may_only_select() {
        let db = made(NOTES);
        for query in [
            "DELETE FROM notes",
            "ATTACH DATABASE 'other.db' AS other",
            "VACUUM INTO 'other.db'",
            "PRAGMA journal_mode = WAL",
            "CREATE TABLE x (y)",
            "SELECT random()",
            "SELECT date('now')",
            "SELECT CURRENT_TIMESTAMP",
            "SELECT load_extension('x')",
            "SELECT 1; SELECT 2",
            "SELECT 1 AS a, 2 AS a",
            "SELECT absent FROM notes",
            "SELECT * FROM elsewhere",
            "SELECT FROM",
        ] {
            let (rule, say) = told(&db, query).unwrap_err();
            assert_eq!(rule, "sqlite.query", "{query}: {say}");
        }
        let (_, say) = told(&db, "SELECT * FROM elsewhere").unwrap_err();
        assert!(say.contains("there are `notes`"), "{say}");
        let two = made("CREATE TABLE a (x); CREATE TABLE b (x);");
        assert!(told(&two, "").unwrap_err().1.contains("`a`, `b`"));
        assert!(told(&made(""), "SELECT 1 AS x").is_ok());
    }

    #[test]
    fn what_is_damaged_is_told_and_an_endless_query_ends() {
        let db = made(NOTES);
        assert_eq!(told(b"no database at all", "").unwrap_err().0, "sqlite.database");
        assert_eq!(told(&db[..db.len() / 2], "").map_err(|e| e.0.split('.').next().unwrap()).unwrap_err(), "sqlite");
        let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS n FROM n";
        let ended = within(1_000_000, &db, endless, 1, &mut |_| {}).unwrap_err();
        assert!(ended.rule == "sqlite.query" && ended.say.contains("steps"), "{}", ended.say);
        for at in (0..db.len()).step_by(37) {
            let mut bent = db.clone();
            bent[at] ^= 0x5a;
            let _ = told(&bent, ""); // whatever it says, it says it
        }
        let mut wal = db.clone();
        wal[18..20].fill(2);
        assert!(crate::formats::sqlite::is_wal(&wal) && told(&wal, "").is_ok());
    }
}
