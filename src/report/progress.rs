//! Progress (owner of indicatif): one line for the step that runs, on a terminal only, and only where it takes longer
//! than half a second.
use super::shown;
use crate::engine::told::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Bytes that come over the network, counted on a terminal.
pub struct Transfer {
    bar: ProgressBar,
    since: Instant,
    quiet: bool,
}

impl Transfer {
    pub fn new(quiet: bool) -> Transfer {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style =
            ProgressStyle::with_template("  {spinner} {decimal_bytes} came, {decimal_bytes_per_sec}  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Transfer { bar, since: Instant::now(), quiet }
    }

    /// So many more bytes.
    pub fn pass(&self, bytes: u64) {
        self.bar.inc(bytes);
        if !self.quiet && self.bar.is_hidden() && self.since.elapsed() > Duration::from_millis(500) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// What is waited for; it is shown at once, since nothing comes for so long.
    pub fn wait(&self, text: &str) {
        self.bar.set_message(shown::line(text).into_owned());
        if !self.quiet && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Tells something above the count.
    pub fn aside(&self, tell: impl FnOnce()) {
        self.bar.suspend(tell);
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Listens to events and draws.
pub struct Progress {
    state: Mutex<Option<(ProgressBar, Instant)>>,
    quiet: bool,
}

impl Progress {
    pub fn new(quiet: bool) -> Progress {
        Progress { state: Mutex::new(None), quiet }
    }

    pub fn hear(&self, event: &Event) {
        if self.quiet {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        match event {
            Event::Running { step, tasks } => {
                if let Some((bar, _)) = state.take() {
                    bar.finish_and_clear();
                }
                let bar = ProgressBar::with_draw_target(Some(*tasks as u64), ProgressDrawTarget::hidden());
                let style = ProgressStyle::with_template("  {msg:24} {wide_bar} {pos}/{len}  {eta} left");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.set_message(shown::line(step).into_owned());
                *state = Some((bar, Instant::now()));
            }
            Event::Task { .. } => {
                if let Some((bar, since)) = state.as_ref() {
                    bar.inc(1);
                    if bar.is_hidden() && since.elapsed() > Duration::from_millis(500) {
                        bar.set_draw_target(ProgressDrawTarget::stderr());
                    }
                }
            }
            _ => {}
        }
    }

    pub fn finish(&self) {
        if let Some((bar, _)) = self.state.lock().unwrap_or_else(|e| e.into_inner()).take() {
            bar.finish_and_clear();
        }
    }
}
