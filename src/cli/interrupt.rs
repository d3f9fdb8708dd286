//! Ctrl-C and SIGTERM: the first asks the work to stop after the tasks in hand, the second ends at once. Either way
//! nothing that was promised is lost.
use crate::engine::session::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A wish that signals make from now on; its value is the exit code, 130 or 143.
pub fn listen() -> io::Result<Stop> {
    let stop = Stop::default();
    let again = Arc::new(AtomicBool::new(false));
    for (signal, exit) in [(SIGINT, 130), (SIGTERM, 143)] {
        flag::register_conditional_shutdown(signal, exit, again.clone())?;
        flag::register(signal, again.clone())?;
        flag::register_usize(signal, stop.0.clone(), exit as usize)?;
    }
    Ok(stop)
}
