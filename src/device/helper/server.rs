//! The helper's own side: loads one library and calls its functions, as the program behind the pipe asks.

use super::frame;
use super::process::BEGUN;
use super::system::{self, Own};
use super::wire::{Ask, Told, Wire};
use crate::device::Error;
use crate::device::apartment::Apartment;
use crate::device::inside::Inside;
use crate::device::loaded::Loaded;
use crate::device::queue::{self, Receiver};
use std::convert::Infallible;
use std::{io, thread};

/// Serves the program behind the pipe of these numbers until that program ends or has no more use for it. Comes back only where
/// there is no such pipe.
pub fn serve(pipe: &[u64]) -> io::Result<Infallible> {
    let greeting = Told::Ready(super::VERSION.to_owned()).message();
    let desk = Desk::open(pipe, &greeting, |message| Ask::of_message(&message))?;
    // The library lives on the main thread: some know no other.
    let _apartment = Apartment::enter();
    let _inside = Inside::enter();
    let mut library = None;
    desk.serve(|question| answer(&mut library, question).message())
}

/// The process's end of the pipe, and what is asked over it.
pub(super) struct Desk<Question> {
    own: Own,
    questions: Receiver<Question>,
}

impl<Question: Send + 'static> Desk<Question> {
    /// Takes the pipe, and greets whoever is behind it. A message that `understand` makes nothing of ends the process.
    pub(super) fn open(
        pipe: &[u64],
        greeting: &[u8],
        understand: fn(Vec<u8>) -> Option<Question>,
    ) -> io::Result<Desk<Question>> {
        let mut own = Own::take(pipe)?;
        let from = own.another()?;
        let (give, questions) = queue::new()?;
        // Read on a thread of its own: where the program ends while the library hangs, this process must end too.
        thread::Builder::new().spawn(move || read(from, &give, understand))?;
        send(&mut own, greeting);
        Ok(Desk { own, questions })
    }

    /// Answers until nobody asks any more.
    pub(super) fn serve(mut self, mut answer: impl FnMut(Question) -> Vec<u8>) -> ! {
        while let Some(question) = self.questions.next() {
            send(&mut self.own, BEGUN);
            send(&mut self.own, &answer(question));
        }
        system::leave()
    }
}

fn read<Question>(
    mut from: Own,
    give: &queue::Sender<Question>,
    understand: fn(Vec<u8>) -> Option<Question>,
) {
    while let Some(question) = frame::read(&mut from).ok().and_then(understand) {
        give.send(question);
    }
    system::leave()
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
