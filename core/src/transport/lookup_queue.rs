//! Which host's name is looked up next, where more are asked for than there are threads. Pure.
//!
//! A look-up blocks a thread for as long as the system's resolver likes: half a minute where name servers are silent. So
//! hosts that were found before have threads that the others cannot take, and hosts that gave no answer the last time get
//! few: however many names are dead, one that is not is looked up at once.

use std::collections::VecDeque;

/// What is known of a host's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It was found lately.
    Found,
    /// Nothing.
    New,
    /// The last look-up failed, or took long.
    Failed,
}

/// How many may be under way, counting those of better standing: of those that failed, of those and new ones, of all.
const ROOM: [(Standing, usize); 3] = [(Standing::Failed, 16), (Standing::New, 64), (Standing::Found, 80)];

/// Look-ups that are under way and that wait.
#[derive(Debug)]
pub(super) struct LookupQueue<T> {
    under_way: usize,
    waiting: [VecDeque<T>; 3],
}

impl<T> Default for LookupQueue<T> {
    fn default() -> Self {
        Self { under_way: 0, waiting: [VecDeque::new(), VecDeque::new(), VecDeque::new()] }
    }
}

impl<T> LookupQueue<T> {
    /// Takes in a look-up; returns it if it may begin at once.
    pub(super) fn begin(&mut self, lookup: T, standing: Standing) -> Option<T> {
        let room = ROOM.iter().find(|(of, _)| *of == standing).map_or(0, |(_, room)| *room);
        if self.under_way < room {
            self.under_way += 1;
            return Some(lookup);
        }
        self.waiting[standing as usize].push_back(lookup);
        None
    }

    /// One has ended; returns the one that may begin in its place.
    pub(super) fn end(&mut self) -> Option<T> {
        self.under_way -= 1;
        for (standing, room) in ROOM.into_iter().rev() {
            if self.under_way < room
                && let Some(next) = self.waiting[standing as usize].pop_front()
            {
                self.under_way += 1;
                return Some(next);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_names_are_dead_a_new_one_is_looked_up_at_once() {
        let mut queue = LookupQueue::default();
        // They were new once, and have failed since.
        let begun = (0..1_500).filter_map(|host| queue.begin(host, Standing::Failed)).count();
        assert_eq!(begun, 16);
        assert!(queue.begin(-1, Standing::New).is_some());
        assert!(queue.begin(-2, Standing::Found).is_some());
    }

    #[test]
    fn new_names_leave_room_for_those_that_were_found() {
        let mut queue = LookupQueue::default();
        assert_eq!((0..1_500).filter_map(|host| queue.begin(host, Standing::New)).count(), 64);
        assert!(queue.begin(-1, Standing::Found).is_some());
        assert!(queue.begin(-2, Standing::Failed).is_none());
    }

    #[test]
    fn who_waits_comes_in_order_and_the_best_standing_first() {
        let mut queue = LookupQueue::default();
        assert_eq!((0..80).filter_map(|host| queue.begin(host, Standing::Found)).count(), 80);
        assert_eq!(queue.begin(100, Standing::New), None);
        assert_eq!(queue.begin(200, Standing::Found), None);
        assert_eq!(queue.begin(201, Standing::Found), None);
        assert_eq!([queue.end(), queue.end()], [Some(200), Some(201)]);
        // 80 are under way: a new one waits until 64 are.
        assert_eq!((0..16).filter_map(|_| queue.end()).count(), 0);
        assert_eq!(queue.end(), Some(100));
        while queue.under_way > 0 {
            assert_eq!(queue.end(), None);
        }
    }
}
