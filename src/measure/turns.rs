//! The turns of a conversation: whether they stand in an order that a chat model can be trained on, and how much they say.
use serde::{Deserialize, Serialize};

/// What can be wrong with a conversation, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// A role that is none of [`ROLES`].
    Role,
    /// A turn of a role that may not stand behind the one before it.
    Order,
    /// The last turn is not the assistant's. An unknown role is told by itself.
    End,
    /// A turn that says nothing, or no turn at all.
    Empty,
}

/// The roles that are known. `developer` is what newer programs call `system`.
pub const ROLES: [&str; 5] = ["system", "developer", "user", "assistant", "tool"];

/// What a conversation says, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Turns {
    /// What is wrong, each once, with the first turn of which it is so, from 1.
    pub problems: Vec<(Problem, u64)>,
    pub turns: u64,
    /// Unicode scalar values of all turns.
    pub characters: u64,
    /// Turns and characters of each of [`ROLES`], and of others together.
    pub roles: [(u64, u64); 6],
}

/// Looks at the turns of a conversation, each a role and a content.
pub fn look<'t>(turns: impl IntoIterator<Item = (&'t str, &'t str)>) -> Turns {
    let mut out = Turns::default();
    let mut before: Option<&str> = None;
    for (role, content) in turns {
        out.turns += 1;
        let characters = content.chars().count() as u64;
        out.characters += characters;
        let known = ROLES.iter().position(|r| *r == role);
        if let Some((turns, said)) = out.roles.get_mut(known.unwrap_or(ROLES.len())) {
            *turns += 1;
            *said += characters;
        }
        if known.is_none() {
            out.note(Problem::Role);
        } else if !follows(role, before) {
            out.note(Problem::Order);
        }
        if content.trim().is_empty() {
            out.note(Problem::Empty);
        }
        before = Some(role);
    }
    if out.turns == 0 {
        out.note(Problem::Empty);
    } else if before.is_some_and(|last| last != "assistant" && ROLES.contains(&last)) {
        out.note(Problem::End);
    }
    out.problems.sort();
    out
}

impl Turns {
    fn note(&mut self, problem: Problem) {
        if !self.problems.iter().any(|(own, _)| *own == problem) {
            self.problems.push((problem, self.turns));
        }
    }
}

/// Whether a turn may stand behind another: the system begins, then user and assistant take turns. What a tool gives follows
/// the assistant, who calls it, and the assistant answers. An unknown role is told by itself, and what follows it may.
fn follows(role: &str, before: Option<&str>) -> bool {
    match (role, before) {
        ("system" | "developer", None) => true,
        ("system" | "developer", Some(_)) => false,
        (_, Some(other)) if !ROLES.contains(&other) => true,
        ("user", None | Some("system" | "developer" | "assistant")) => true,
        ("assistant", Some("user" | "tool")) => true,
        ("tool", Some("assistant" | "tool")) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(roles: &str) -> String {
        let all = roles.split_whitespace().map(|r| match r {
            "s" => ("system", "x"),
            "u" => ("user", "x"),
            "a" => ("assistant", "x"),
            "t" => ("tool", "x"),
            "e" => ("assistant", " \n"),
            _ => ("narrator", "x"),
        });
        let of = look(all).problems.into_iter().map(|(p, n)| format!("{p:?} {n}").to_lowercase());
        of.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_order_of_roles() {
        for good in ["u a", "s u a", "u a u a", "u a t a", "u a t t a u a"] {
            assert_eq!(told(good), "", "{good}");
        }
        let wrong = [
            ("", "empty 0"),
            ("u", "end 1"),
            ("s a", "order 2"),
            ("a", "order 1"),
            ("u u a a", "order 2"),
            ("u s a", "order 2"),
            ("s s u a", "order 2"),
            ("u t a", "order 2"),
            ("u a t u a", "order 4"),
            ("u n a", "role 2"),
            ("u e u e", "empty 2"),
            ("u a u", "end 3"),
            ("u n", "role 2"),
        ];
        for (roles, want) in wrong {
            assert_eq!(told(roles), want, "{roles}");
        }
    }

    #[test]
    fn what_is_said_is_counted_by_role() {
        let of = look([("system", "짧게."), ("user", "가나다"), ("narrator", "x"), ("assistant", "ab")]);
        assert_eq!((of.turns, of.characters), (4, 9));
        assert_eq!(of.roles, [(1, 3), (0, 0), (1, 3), (1, 2), (0, 0), (1, 1)]);
    }
}
