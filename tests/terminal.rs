//! `tamis review` in a terminal, as a person sits before it: driven through tmux.
use crate::harness::{example, tamis};
use serde_json::Value as Json;
use std::path::Path;

fn run(dir: &Path, args: &[&str]) -> (i32, String) {
    let (exit, out, err) = tamis(dir, args);
    (exit, out + &err)
}

/// `tamis review` on a terminal of its own, as a person drives it: keys go in, and what stands on the screen comes out.
struct Terminal {
    socket: std::path::PathBuf,
}

impl Terminal {
    fn tmux(&self, args: &[&str]) -> String {
        let mut command = std::process::Command::new("tmux");
        command.arg("-u").arg("-f").arg("/dev/null").arg("-S").arg(&self.socket).args(args).env_remove("TMUX");
        let out = command.output().expect("`tmux` makes a terminal that a test can type into");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Begins a sitting.
    fn open(dir: &Path, name: &str) -> Terminal {
        let terminal = Terminal { socket: dir.join(name) };
        let binary = crate::harness::binary();
        let line = format!(
            "'{}' -C '{}' review ner --by kim --only low-agreement; echo \"ended with $?\"; exec cat",
            binary.display(),
            dir.display()
        );
        terminal.tmux(&["new-session", "-d", "-s", "review", "-x", "200", "-y", "200", &line]);
        terminal
    }

    /// What stands on the screen once this holds of it.
    fn until(&self, holds: impl Fn(&str) -> bool) -> String {
        let began = std::time::Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-p", "-S", "-2000", "-t", "review"]);
            if holds(&screen) {
                return screen;
            }
            assert!(began.elapsed() < std::time::Duration::from_secs(120), "{screen}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Types a line, once so many samples have been shown.
    fn type_in(&self, shown: usize, line: &str) {
        self.until(|screen| samples(screen) >= shown && screen.trim_end().ends_with('>'));
        self.tmux(&["send-keys", "-t", "review", "-l", line]);
        self.tmux(&["send-keys", "-t", "review", "Enter"]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// How many samples stand on a screen: each has a line `N of ALL   ID`.
fn samples(screen: &str) -> usize {
    let is = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().take(3).collect();
        matches!(words.as_slice(), [n, "of", all] if n.parse::<u32>().is_ok() && all.parse::<u32>().is_ok())
    };
    screen.lines().filter(is).count()
}

#[test]
fn a_sitting_on_a_terminal_is_killed_and_goes_on() {
    let dir = example("ner-crowd");
    let dir = dir.path();
    run(dir, &["build"]);
    let decided = || -> Vec<Json> {
        let text = std::fs::read_to_string(dir.join("reviews/kim.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let first = Terminal::open(dir, "first.socket");
    for n in 1..=8 {
        first.type_in(n, "1");
    }
    // half a line stands at the prompt of the ninth when the terminal goes away, and with it who was asked
    let screen = first.until(|screen| samples(screen) >= 9);
    let ninth =
        screen.lines().find(|line| line.starts_with("9 of ")).unwrap().split_whitespace().nth(3).unwrap().to_string();
    first.tmux(&["send-keys", "-t", "review", "-l", "= [{\"class\""]);
    drop(first);
    assert_eq!(decided().len(), 8, "each decision is in the file before the next sample is shown");

    let second = Terminal::open(dir, "second.socket");
    let screen = second.until(|screen| samples(screen) >= 1 && screen.trim_end().ends_with('>'));
    assert!(
        screen.lines().any(|line| line.starts_with("1 of ") && line.contains(&ninth)),
        "it goes on with {ninth}: {screen}"
    );
    for (n, line) in ["d", "= []", "k"].into_iter().enumerate() {
        second.type_in(n + 1, line);
    }
    second.type_in(4, "s");
    for n in 5..=13 {
        second.type_in(n, "1");
    }
    second.type_in(14, "q");
    let screen = second.until(|screen| screen.contains("ended with "));
    assert!(screen.contains("decided, in reviews/kim.jsonl") && screen.contains("ended with 0"), "{screen}");
    drop(second);
    let all = decided();
    let ids: std::collections::BTreeSet<&str> = all.iter().filter_map(|line| line["id"].as_str()).collect();
    assert_eq!((all.len(), ids.len()), (20, 20));
    let of = |decision: &str| all.iter().filter(|line| line["decision"] == decision).count();
    assert_eq!((of("drop"), of("keep"), of("label")), (1, 1, 18));
    run(dir, &["build"]);
    let (_, page) = run(dir, &["show", "label.ner/agreement"]);
    let line = page.lines().find(|l| l.trim().starts_with("decided ")).unwrap_or_default();
    assert!(line.trim_end().ends_with(" 18"), "{page}");
}
