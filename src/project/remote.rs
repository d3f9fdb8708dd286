//! Which remotes the user names, opened: the environment first, then the user's file of settings; never the project.
use super::Failure;
use crate::engine::store::Far;
use crate::manifest::user::{Places, Settings};
use crate::world::{VARIABLES, World};

/// Opens the remotes that the user names. That none is named is a mistake of whoever asks for one.
pub fn open(world: &World) -> Result<Far, Failure> {
    let places = places(world)?;
    let Some(place) = places.place else {
        let [first, _] = VARIABLES;
        return Err(Failure::Usage(format!(
            "no remote is named: set {first} to a folder or to s3://BUCKET/PREFIX, or `[remote] place` in \
             ~/.config/tamis/config.toml"
        )));
    };
    let mut remotes = Vec::new();
    for place in [Some(place), places.fallback].into_iter().flatten() {
        remotes.push(world.remote(&place).map_err(Failure::World)?);
    }
    Ok(Far::open(world, remotes))
}

/// What the environment names, and where it names nothing the user's file. A fallback in the file belongs to the place there.
fn places(world: &World) -> Result<Places, Failure> {
    let [place, fallback] = world.remote_variables();
    if place.is_some() {
        return Ok(Places { place, fallback });
    }
    let Some((path, bytes)) = world.settings().map_err(|e| Failure::World(e.to_string()))? else {
        return Ok(Places::default());
    };
    let text =
        String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{path} is not UTF-8; save it as UTF-8")))?;
    let own = Settings::parse(&path, &text).map_err(Failure::Usage)?.remote;
    Ok(Places { fallback: fallback.or(own.fallback), ..own })
}
