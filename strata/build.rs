//! How the binary is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A third of a million addresses are set right whenever the program starts: written as ranges they are 200 KB that are
    // read then, instead of 8 MB.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
