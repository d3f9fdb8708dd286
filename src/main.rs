//! The command `tamis`.

/// Threads that free what others allocated wait for each other in the system's allocator; in this one they do not.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tamis::cli::main()
}
