//! The refresh tokens that have been exchanged, by short hashes, for as long as a server may take their second use for theft.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::BootTime;

/// Half of a SHA-256: nobody meets two tokens that share it.
pub(super) type Hash = [u8; 16];

/// 7G's refresh tokens live for 30 days "typically" (wire.md 1.4). One that was exchanged is older than its exchange.
const LIFE: Duration = Duration::from_secs(35 * 86_400);
/// Hashes are dropped so many days' worth at a time.
const GENERATION: Duration = Duration::from_secs(5 * 86_400);
/// A place for each first byte keeps every list short enough to insert into.
const PLACES: usize = 256;

/// Spent tokens, the oldest generation first: 16 to 20 bytes each.
#[derive(Default)]
pub(super) struct Spent(VecDeque<Generation>);

struct Generation {
    begun: BootTime,
    /// By their first byte, each list in order.
    places: Box<[Vec<Hash>]>,
}

impl Spent {
    /// Enters a token that was exchanged `now`, by the machine's clock, and forgets those that nothing takes any more.
    pub(super) fn add(&mut self, hash: Hash, now: BootTime) {
        while self.0.front().is_some_and(|oldest| now >= oldest.begun.after(GENERATION).after(LIFE)) {
            self.0.pop_front();
        }
        if self.knows(&hash) {
            return;
        }
        let is_over = |newest: &Generation| now >= newest.begun.after(GENERATION);
        if self.0.back().is_none_or(is_over) {
            self.0.push_back(Generation { begun: now, places: vec![Vec::new(); PLACES].into() });
        }
        if let Some(newest) = self.0.back_mut() {
            newest.insert(hash);
        }
    }

    /// Whether the token of this hash was exchanged.
    pub(super) fn knows(&self, hash: &Hash) -> bool {
        self.0.iter().any(|generation| generation.places[usize::from(hash[0])].binary_search(hash).is_ok())
    }

    #[cfg(test)]
    fn bytes(&self) -> usize {
        let places = self.0.iter().flat_map(|generation| &generation.places);
        places.map(|place| size_of_val(place) + place.capacity() * size_of::<Hash>()).sum()
    }
}

impl Generation {
    fn insert(&mut self, hash: Hash) {
        let place = &mut self.places[usize::from(hash[0])];
        if let Err(at) = place.binary_search(&hash) {
            // Doubling would keep room for as many tokens again.
            if place.len() == place.capacity() {
                place.reserve_exact(place.len() / 4 + 4);
            }
            place.insert(at, hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> Hash {
        let digest = ring::digest::digest(&ring::digest::SHA256, &number.to_le_bytes());
        *digest.as_ref().first_chunk().expect("longer than a hash")
    }

    #[test]
    fn a_million_exchanges_later_a_token_is_known_in_less_than_40_mebibytes() {
        let mut spent = Spent::default();
        for number in 0..1_000_000 {
            spent.add(hash(number), BootTime(0));
        }
        assert!((0..1_000_000).step_by(997).all(|number| spent.knows(&hash(number))));
        assert!(!spent.knows(&hash(1_000_000)));
        assert!(spent.bytes() < 24 << 20, "{} bytes", spent.bytes());
    }

    #[test]
    fn a_token_is_known_for_its_life_and_then_forgotten() {
        let (mut spent, day) = (Spent::default(), Duration::from_secs(86_400));
        for number in 0..100 {
            spent.add(hash(number), BootTime(0).after(day * u32::try_from(number).unwrap()));
        }
        let known: Vec<u64> = (0..100).filter(|number| spent.knows(&hash(*number))).collect();
        assert!(known.contains(&64) && known.iter().all(|number| *number >= 55), "{known:?}");
        assert_eq!(known.last(), Some(&99));
    }

    #[test]
    fn a_token_is_entered_once() {
        let mut spent = Spent::default();
        for _ in 0..1000 {
            spent.add(hash(1), BootTime(0));
        }
        assert!(spent.bytes() < 16 << 10, "{} bytes", spent.bytes());
    }
}
