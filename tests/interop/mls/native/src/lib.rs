//! What a native member of a room needs besides an MLS library: the keys of a
//! link, the WebSocket protocol, media frames, and what members say to each other
//! (docs/protocol.md, docs/e2ee.md; digit 1). A library comes in as a `Group`.

pub mod frames;
pub mod group;
pub mod link;
pub mod member;
pub mod said;
pub mod socket;
pub mod wire;

pub use group::{Group, Person, Processed};
pub use link::Link;

use std::io::BufRead;
use std::sync::mpsc;

/// Any error ends the program; the text goes into its result.
pub type Result<T> = std::result::Result<T, String>;

/// An error of a library as text, with what was being done.
pub fn failed<E: std::fmt::Debug>(what: &str) -> impl Fn(E) -> String + '_ {
    move |error| format!("{what}: {error:?}")
}

/// The program: a question as its argument, commands on standard input, events and
/// at last one line of results on standard output.
pub fn run<G: Group>(version: &str) {
    let ask: serde_json::Value = std::env::args()
        .nth(1)
        .and_then(|text| serde_json::from_str(&text).ok())
        .expect("one argument, in JSON");
    let (give, commands) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(|line| line.ok()) {
            if let Ok(command) = serde_json::from_str(&line) {
                if give.send(command).is_err() {
                    break;
                }
            }
        }
    });
    let mut result = member::Member::<G>::take_part(&ask, commands);
    result["version"] = version.into();
    println!("{result}");
}
