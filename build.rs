//! Links the program at a fixed address where that is known to work; `spec/decisions/0283` says why.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let of_target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if (of_target("OS"), of_target("ENV"), of_target("ARCH")) == ("linux".into(), "gnu".into(), "x86_64".into()) {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
