//! The `mps` command; everything it does is in [`mps_client::cli`].

fn main() -> std::process::ExitCode {
    mps_client::cli::main()
}
