//! Things that JavaScript holds by number. A number costs less there than an object with a finalizer of its own.

use std::sync::Arc;

use relatch::{Clock, Provider};

/// A thing of the core's, and the clock that it goes by where that is not the machine's.
pub(crate) struct Clocked<T> {
    pub(crate) core: T,
    pub(crate) clock: Option<Clock>,
}

/// A provider of any system, as sessions share it.
pub(crate) type HeldProvider = Arc<Clocked<Arc<dyn Provider>>>;

/// Things by their number; the numbers of those that are gone are given out again.
pub(crate) struct Registry<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }
}

impl<T: Clone> Registry<T> {
    /// Takes a thing in and says its number.
    pub(crate) fn add(&mut self, thing: T) -> u32 {
        if let Some(number) = self.free.pop() {
            self.places[number as usize] = Some(thing);
            return number;
        }
        self.places.push(Some(thing));
        u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
    }

    /// The thing of that number.
    pub(crate) fn get(&self, number: u32) -> Option<T> {
        self.places.get(number as usize).cloned().flatten()
    }

    /// Gives the thing of that number back, to be dropped outside of locks.
    pub(crate) fn remove(&mut self, number: u32) -> Option<T> {
        let thing = self.places.get_mut(number as usize)?.take()?;
        self.free.push(number);
        Some(thing)
    }
}
