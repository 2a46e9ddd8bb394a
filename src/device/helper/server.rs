//! The helper's own side: loads one library and calls its functions, as the program behind the pipe asks.

use super::frame;
use super::process::BEGUN;
use super::system::{self, Own};
use super::wire::{Ask, Told, Wire};
use crate::device::apartment::Apartment;
use crate::device::inside::Inside;
use crate::device::loaded::Loaded;
use crate::device::{Error, queue};
use std::convert::Infallible;
use std::{io, thread};

/// Serves the program behind the pipe of these numbers until that program ends or has no more use for it. Comes back only where
/// there is no such pipe.
pub fn serve(pipe: &[u64]) -> io::Result<Infallible> {
    let mut own = Own::take(pipe)?;
    let from = own.another()?;
    let (give, questions) = queue::new()?;
    // Read on a thread of its own: where the program ends while the library hangs, this process must end too.
    thread::Builder::new().spawn(move || read(from, &give))?;
    tell(&mut own, &Told::Ready(super::VERSION.to_owned()));
    // The library lives on the main thread: some know no other.
    let _apartment = Apartment::enter();
    let _inside = Inside::enter();
    let mut library = None;
    while let Some(question) = questions.next() {
        send(&mut own, BEGUN);
        tell(&mut own, &answer(&mut library, question));
    }
    system::leave()
}

fn read(mut from: Own, give: &queue::Sender<Ask>) {
    while let Some(question) = frame::read(&mut from)
        .ok()
        .and_then(|message| Ask::of_message(&message))
    {
        give.send(question);
    }
    system::leave()
}

fn tell(to: &mut Own, told: &Told) {
    send(to, &told.message());
}

fn send(to: &mut Own, message: &[u8]) {
    if frame::write(to, message).is_err() {
        system::leave();
    }
}

fn answer(library: &mut Option<Loaded>, question: Ask) -> Told {
    let outcome = match (question, &library) {
        (Ask::Load(path, preload), _) => Loaded::load(&path, &preload).map(|loaded| {
            *library = Some(loaded);
            Told::Loaded
        }),
        (Ask::Call(function, arguments), Some(library)) => {
            library.call(&function, arguments).map(Told::Outcome)
        }
        (Ask::Call(..), None) => Err(Error::NoWorker("没有加载动态库".to_owned())),
    };
    outcome.unwrap_or_else(Told::Failed)
}
