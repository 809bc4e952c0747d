//! Who may open a connection next, where more want one than the process should have. Pure.
//!
//! Each host has its share, so that one which hangs does not keep the others waiting, and waiters come in turn by
//! host. A host that answered before has a first connection of its own beyond the common limit: servers that hang never
//! answered.

use std::collections::{HashMap, VecDeque};

/// Stands for a server and the way to it.
pub(super) type Place = u64;

/// How many connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// To all servers.
    pub(super) all: usize,
    /// To one.
    pub(super) each: usize,
    /// Beyond that, for servers that answered before and have none.
    pub(super) reserve: usize,
}

/// More places than a program uses; what is known of the others is forgotten.
const MOST_PLACES: usize = 4_096;

/// Connections that are open, and who waits for one.
#[derive(Debug)]
pub(super) struct AdmissionQueue<W> {
    open: usize,
    waiting: usize,
    places: HashMap<Place, At<W>>,
    /// The places where somebody waits, in turn.
    turn: VecDeque<Place>,
}

#[derive(Debug)]
struct At<W> {
    open: usize,
    has_answered: bool,
    waiting: VecDeque<W>,
}

impl<W> Default for At<W> {
    fn default() -> Self {
        Self { open: 0, has_answered: false, waiting: VecDeque::new() }
    }
}

impl<W> Default for AdmissionQueue<W> {
    fn default() -> Self {
        Self { open: 0, waiting: 0, places: HashMap::new(), turn: VecDeque::new() }
    }
}

impl<W> AdmissionQueue<W> {
    /// Opens a connection at once, or returns how many are open there and in all.
    pub(super) fn open(&mut self, place: Place, limits: Limits) -> Result<(), (usize, usize)> {
        if self.places.len() >= MOST_PLACES {
            self.places.retain(|_, at| at.open > 0 || !at.waiting.is_empty());
        }
        let open = self.open;
        let at = self.places.entry(place).or_default();
        // Who waits there already comes first.
        if at.waiting.is_empty() && at.has_room(open, limits) {
            at.open += 1;
            self.open += 1;
            return Ok(());
        }
        Err((at.open, open))
    }

    /// Waits for a connection to be had there.
    pub(super) fn wait(&mut self, place: Place, who: W) {
        let at = self.places.entry(place).or_default();
        if at.waiting.is_empty() {
            self.turn.push_back(place);
        }
        at.waiting.push_back(who);
        self.waiting += 1;
    }

    /// A connection has been closed; returns who may open one now, with the place.
    pub(super) fn close(&mut self, place: Place, limits: Limits, is_gone: impl Fn(&W) -> bool) -> Vec<(Place, W)> {
        self.open = self.open.saturating_sub(1);
        if let Some(at) = self.places.get_mut(&place) {
            at.open = at.open.saturating_sub(1);
        }
        let mut admitted = Vec::new();
        while let Some(next) = self.next(limits, &is_gone) {
            admitted.push(next);
        }
        admitted
    }

    /// The server there has answered.
    pub(super) fn answered(&mut self, place: Place) {
        if let Some(at) = self.places.get_mut(&place) {
            at.has_answered = true;
        }
    }

    /// Whether somebody waits, so that a connection nobody uses should be closed.
    pub(super) fn is_short(&self) -> bool {
        self.waiting > 0
    }

    fn next(&mut self, limits: Limits, is_gone: impl Fn(&W) -> bool) -> Option<(Place, W)> {
        let (places, waiting) = (&mut self.places, &mut self.waiting);
        self.turn.retain(|place| {
            let Some(at) = places.get_mut(place) else { return false };
            let before = at.waiting.len();
            at.waiting.retain(|who| !is_gone(who));
            *waiting -= before - at.waiting.len();
            !at.waiting.is_empty()
        });
        let has_room = |place: &Place| self.places.get(place).is_some_and(|at| at.has_room(self.open, limits));
        let index = self.turn.iter().position(has_room)?;
        let place = self.turn.remove(index)?;
        let at = self.places.get_mut(&place)?;
        let who = at.waiting.pop_front()?;
        at.open += 1;
        if !at.waiting.is_empty() {
            self.turn.push_back(place);
        }
        self.open += 1;
        self.waiting -= 1;
        Some((place, who))
    }
}

impl<W> At<W> {
    fn has_room(&self, open: usize, limits: Limits) -> bool {
        let limit = limits.all + if self.has_answered && self.open == 0 { limits.reserve } else { 0 };
        self.open < limits.each && open < limit
    }
}

impl Limits {
    /// A quarter of the files that a process may have open, for the program needs most of them.
    pub(super) fn of(files: u64) -> Self {
        let all = usize::try_from(files / 4).unwrap_or(usize::MAX).clamp(8, 512);
        Self { all, each: (all / 4).max(4), reserve: (all / 8).max(2) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { all: 8, each: 4, reserve: 2 };

    fn admitted(queue: &mut AdmissionQueue<u32>, place: Place) -> Vec<(Place, u32)> {
        queue.close(place, LIMITS, |_| false)
    }

    fn open_all(queue: &mut AdmissionQueue<u32>, place: Place) -> usize {
        (0..100).filter(|_| queue.open(place, LIMITS).is_ok()).count()
    }

    #[test]
    fn one_host_has_its_share_and_leaves_the_rest_to_others() {
        let mut queue = AdmissionQueue::default();
        assert_eq!(open_all(&mut queue, 1), 4);
        assert_eq!(queue.open(1, LIMITS), Err((4, 4)));
        assert_eq!((open_all(&mut queue, 2), open_all(&mut queue, 3)), (4, 0));
    }

    #[test]
    fn who_waits_comes_in_turn_by_host() {
        let mut queue = AdmissionQueue::default();
        assert_eq!((open_all(&mut queue, 1), open_all(&mut queue, 2)), (4, 4));
        (10..13).for_each(|who| queue.wait(3, who));
        queue.wait(4, 20);
        assert!(queue.is_short());
        let order: Vec<_> = (0..4).flat_map(|_| admitted(&mut queue, 1)).collect();
        assert_eq!(order, [(3, 10), (4, 20), (3, 11), (3, 12)]);
        assert!(!queue.is_short());
    }

    #[test]
    fn a_host_that_answered_has_a_connection_whatever_hangs() {
        let mut queue = AdmissionQueue::default();
        assert!(queue.open(1, LIMITS).is_ok());
        queue.answered(1);
        admitted(&mut queue, 1);
        // As many hosts that hang as there may be connections, and as many that wait.
        (100..108).for_each(|host| assert!(queue.open(host, LIMITS).is_ok()));
        (200..208).for_each(|host| assert!(queue.open(host, LIMITS).is_err()));
        assert!(queue.open(1, LIMITS).is_ok());
        assert!(queue.open(1, LIMITS).is_err(), "one, not more");
    }

    #[test]
    fn nobody_who_has_gone_is_given_a_connection() {
        let mut queue = AdmissionQueue::default();
        assert_eq!(open_all(&mut queue, 1), 4);
        for who in [10, 11, 12] {
            queue.wait(1, who);
        }
        assert_eq!(queue.close(1, LIMITS, |who| *who < 12), [(1, 12)]);
        assert!(!queue.is_short());
        assert_eq!(queue.open(1, LIMITS), Err((4, 4)));
    }

    #[test]
    fn a_lower_limit_holds_from_then_on_and_a_higher_one_lets_more_in() {
        let mut queue = AdmissionQueue::default();
        assert_eq!((open_all(&mut queue, 1), open_all(&mut queue, 2)), (4, 4));
        (10..13).for_each(|who| queue.wait(3, who));
        assert_eq!(queue.close(1, Limits { all: 4, ..LIMITS }, |_| false), []);
        assert_eq!(queue.close(1, Limits { all: 8, ..LIMITS }, |_| false), [(3, 10), (3, 11)]);
    }

    #[test]
    fn the_program_keeps_most_of_its_files() {
        assert_eq!(Limits::of(1_024), Limits { all: 256, each: 64, reserve: 32 });
        assert_eq!(Limits::of(16).all, 8);
        assert_eq!(Limits::of(u64::MAX).all, 512);
    }

    #[test]
    fn places_without_end_are_not_kept() {
        let mut queue: AdmissionQueue<u32> = AdmissionQueue::default();
        for place in 0..3 * MOST_PLACES as u64 {
            assert!(queue.open(place, LIMITS).is_ok());
            queue.answered(place);
            admitted_none(&mut queue, place);
        }
        assert!(queue.places.len() <= MOST_PLACES);
    }

    fn admitted_none(queue: &mut AdmissionQueue<u32>, place: Place) {
        assert!(admitted(queue, place).is_empty());
    }
}
