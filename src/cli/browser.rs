//! Hands pages to the user's browser.
use crate::project::Failure;
use crate::world::browse;
use std::path::Path;

/// Opens a file.
pub fn file(place: &Path) -> Result<(), Failure> {
    browse(place).map_err(|e| Failure::World(format!("no browser could be opened ({e}); open the page by hand")))
}

/// A page of tamis' own that leads to an address: arguments of a program can be read by other users of the machine.
#[cfg(feature = "serve")]
const PAGE: &str = ".tamis/open.html";

/// Opens an address, through a page that its owner alone can read.
#[cfg(feature = "serve")]
pub fn address(world: &crate::world::World, address: &str) -> Result<(), Failure> {
    let safe: String = address.chars().filter(|c| !matches!(c, '"' | '<' | '>' | '&' | '\'')).collect();
    let html = format!(
        "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"0; url={safe}\">\n<title>tamis</title>\n\
         <a href=\"{safe}\">tamis</a>\n"
    );
    file(&world.private(PAGE, html.as_bytes()).map_err(|e| Failure::World(format!("{PAGE}: {e}")))?)
}

/// Takes the page away again: what it leads to ends with the server.
#[cfg(feature = "serve")]
pub fn forget(world: &crate::world::World) {
    let _ = world.remove(PAGE); // there may be none
}
