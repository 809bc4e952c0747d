//! Events that wait for listeners who are busy: bounded, fair, and a listener is told how many it missed.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use crate::event::{Event, EventKind};

/// At how many times its bound a backlog takes no events of listeners that have none in it.
const HARD: usize = 16;

/// What waits between sessions and their listeners: events, each for a listener `K`, and other things `M`, in order.
///
/// Once `MOST` events wait, a listener that has two of them loses its older one with each that comes, and an event
/// [`EventKind::Dropped`] in its place counts them. So a listener that is busy takes nothing from the others, and each
/// hears its newest event. Other things are neither counted nor dropped. No call takes longer the more there is.
pub struct Backlog<K, M, const MOST: usize> {
    order: VecDeque<Place<K, M>>,
    events: HashMap<K, VecDeque<Event>>,
    /// How many places are those of events.
    waiting: usize,
}

enum Place<K, M> {
    /// That of the listener's oldest event.
    Event(K),
    Other(M),
}

/// What comes out of a [`Backlog`].
#[derive(Debug, PartialEq)]
pub enum Waiting<K, M> {
    /// An event, for this listener.
    Event(K, Event),
    /// Something else.
    Other(M),
}

impl<K, M, const MOST: usize> Default for Backlog<K, M, MOST> {
    fn default() -> Self {
        Self { order: VecDeque::new(), events: HashMap::new(), waiting: 0 }
    }
}

impl<K: Clone + Eq + Hash, M, const MOST: usize> Backlog<K, M, MOST> {
    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Puts something at the end that is no event.
    pub fn push(&mut self, other: M) {
        self.order.push_back(Place::Other(other));
    }

    /// Puts an event at the end.
    pub fn push_event(&mut self, listener: K, event: Event) {
        let is_new = !self.events.contains_key(&listener);
        if is_new && self.waiting >= MOST.saturating_mul(HARD) {
            return;
        }
        let own = self.events.entry(listener.clone()).or_default();
        own.push_back(event);
        if self.waiting >= MOST && own.len() > 2 {
            drop_oldest(own);
        } else {
            self.order.push_back(Place::Event(listener));
            self.waiting += 1;
        }
    }

    /// Takes what has waited longest.
    pub fn pop(&mut self) -> Option<Waiting<K, M>> {
        let first = self.order.pop_front()?;
        let taken = match first {
            Place::Other(other) => Some(Waiting::Other(other)),
            Place::Event(listener) => self.take(listener),
        };
        if self.order.is_empty() {
            // What it grew to is given back.
            *self = Self::default();
        }
        taken
    }

    fn take(&mut self, listener: K) -> Option<Waiting<K, M>> {
        self.waiting -= 1;
        let own = self.events.get_mut(&listener)?;
        let event = own.pop_front()?;
        if own.is_empty() {
            self.events.remove(&listener);
        }
        Some(Waiting::Event(listener, event))
    }
}

/// Lets one event say that the two oldest are gone.
fn drop_oldest(events: &mut VecDeque<Event>) {
    let missed = |event: &Event| if event.kind == EventKind::Dropped { event.count.unwrap_or(1) } else { 1 };
    let (Some(first), Some(second)) = (events.pop_front(), events.pop_front()) else { return };
    let count = Some(missed(&first).saturating_add(missed(&second)));
    events.push_front(Event { count, ..Event::new(EventKind::Dropped, second.at) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UnixTime;

    type Few = Backlog<u32, char, 4>;
    type Told = Waiting<u32, char>;

    fn push(backlog: &mut Few, listener: u32, at: i64) {
        backlog.push_event(listener, Event::new(EventKind::Refreshed, UnixTime(at)));
    }

    fn all(mut backlog: Few) -> Vec<Told> {
        std::iter::from_fn(|| backlog.pop()).collect()
    }

    fn event(listener: u32, at: i64) -> Told {
        Waiting::Event(listener, Event::new(EventKind::Refreshed, UnixTime(at)))
    }

    fn dropped(listener: u32, at: i64, count: u64) -> Told {
        Waiting::Event(listener, Event { count: Some(count), ..Event::new(EventKind::Dropped, UnixTime(at)) })
    }

    /// How many events there are, and what each listener hears of in all.
    fn sums(told: &[Told]) -> HashMap<u32, u64> {
        let mut sums = HashMap::new();
        for thing in told {
            let Waiting::Event(listener, event) = thing else { continue };
            *sums.entry(*listener).or_default() += event.count.unwrap_or(1);
        }
        sums
    }

    #[test]
    fn the_oldest_events_are_dropped_and_counted_and_the_newest_are_kept() {
        let mut backlog = Few::default();
        for at in 1..=200_000 {
            push(&mut backlog, 1, at);
            assert!(backlog.order.len() <= 4);
        }
        let kept = (199_998..=200_000).map(|at| event(1, at));
        assert_eq!(all(backlog), [dropped(1, 199_997, 199_997)].into_iter().chain(kept).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_dropped_up_to_the_bound() {
        let mut backlog = Few::default();
        for at in 1..=4 {
            push(&mut backlog, 1, at);
        }
        assert_eq!(all(backlog), [event(1, 1), event(1, 2), event(1, 3), event(1, 4)]);
    }

    #[test]
    fn a_listener_that_is_busy_takes_nothing_from_the_others() {
        let mut backlog = Few::default();
        push(&mut backlog, 2, 1);
        for at in 2..=100 {
            push(&mut backlog, 1, at);
        }
        push(&mut backlog, 3, 101);
        assert_eq!(all(backlog), [event(2, 1), dropped(1, 98, 97), event(1, 99), event(1, 100), event(3, 101)]);
    }

    #[test]
    fn what_is_no_event_is_neither_counted_nor_dropped_and_keeps_its_place() {
        let mut backlog = Few::default();
        for _ in 0..10 {
            backlog.push('a');
        }
        for at in 1..=4 {
            push(&mut backlog, 1, at);
        }
        backlog.push('b');
        let told = all(backlog);
        assert_eq!(told.len(), 15);
        assert_eq!(told[9..11], [Waiting::Other('a'), event(1, 1)]);
        assert_eq!(told[14], Waiting::Other('b'));
    }

    #[test]
    fn many_listeners_hear_their_newest_event_and_how_many_they_missed() {
        let mut backlog = Few::default();
        for at in 0..1_000 {
            push(&mut backlog, u32::try_from(at % 20).unwrap(), at);
        }
        let told = all(backlog);
        assert!(told.len() <= 4 + 2 * 20, "{} events wait", told.len());
        assert_eq!(sums(&told), (0..20).map(|listener| (listener, 50)).collect());
        for listener in 0..20 {
            assert!(told.contains(&event(listener, 980 + i64::from(listener))));
        }
    }

    #[test]
    fn listeners_without_number_find_an_end() {
        let mut backlog = Few::default();
        for at in 0..200_000_u32 {
            push(&mut backlog, at, at.into());
            push(&mut backlog, at, at.into());
        }
        // The bound of further listeners, and one event more for each that was there.
        assert!(backlog.order.len() <= 2 * 4 * HARD, "{} events wait", backlog.order.len());
        assert_eq!(backlog.order.len(), backlog.events.values().map(VecDeque::len).sum::<usize>());
    }

    #[test]
    fn what_was_taken_makes_room_again() {
        let mut backlog = Few::default();
        for at in 1..=9 {
            push(&mut backlog, 1, at);
        }
        assert_eq!(backlog.pop(), Some(dropped(1, 6, 6)));
        push(&mut backlog, 1, 10);
        assert_eq!(all(backlog), [7, 8, 9, 10].map(|at| event(1, at)));
        let mut empty = Few::default();
        assert!(empty.is_empty());
        assert_eq!(empty.pop(), None);
    }
}
