//! What can be asked for. A route is a line here and a function that answers; no part of an address becomes a path of a file.
use super::http::{Answer, Request};
use super::{Server, changes, pages, questions, samples};
use std::sync::Arc;

/// A way to ask.
struct Route {
    method: &'static str,
    /// The path, or where it ends with `/` what it begins with.
    path: &'static str,
    answer: fn(&Arc<Server>, &Request) -> Answer,
}

const ROUTES: &[Route] = &[
    Route { method: "GET", path: "/state", answer: pages::state },
    Route { method: "GET", path: "/view/", answer: pages::view },
    Route { method: "GET", path: "/changes", answer: changes::page },
    Route { method: "GET", path: "/samples", answer: samples::page },
    Route { method: "GET", path: "/sample", answer: samples::story },
    Route { method: "GET", path: "/blob/", answer: samples::blob },
    Route { method: "GET", path: "/queue", answer: questions::queue },
    Route { method: "GET", path: "/question", answer: questions::question },
    Route { method: "POST", path: "/decisions", answer: questions::decide },
    Route { method: "POST", path: "/undo", answer: questions::undo },
    Route { method: "POST", path: "/build", answer: pages::build },
    Route { method: "POST", path: "/stop", answer: pages::stop },
];

/// The answer to a request that may be made.
pub fn answer(server: &Arc<Server>, r: &Request) -> Answer {
    if r.path == "/" {
        return pages::shell(server);
    }
    let method = if r.method == "HEAD" { "GET" } else { r.method.as_str() };
    let fits = |route: &&Route| match route.path.ends_with('/') {
        true => r.path.strip_prefix(route.path).is_some_and(|rest| !rest.is_empty() && !rest.contains('/')),
        false => r.path == route.path,
    };
    let all: Vec<&Route> = ROUTES.iter().filter(fits).collect();
    match (all.iter().find(|route| route.method == method), all.first()) {
        (Some(route), _) => (route.answer)(server, r),
        (None, Some(route)) => {
            let mut refused = Answer::error(405, format!("{} is asked for by {}", route.path, route.method));
            refused.fields.push(("Allow", route.method.into()));
            refused
        }
        (None, None) => Answer::error(404, "there is no such page"),
    }
}
