//! What may become of one exchange on the way there and on the way back, drawn by how bad the network is.

use super::World;

/// What may happen to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Whole,
    NotSent,
    LostBefore,
    LostAfter,
    /// 500 or the like, having acted or not.
    Failed(u16, bool),
    /// An answer that cannot be read, having acted.
    Garbage,
    /// Something else than the API answers: a status, or a page where that is 200.
    Elsewhere(u16),
    /// The server acts, and a login that it refuses goes by this status.
    Refuses(u16),
    /// 429 or 503, asking for so many seconds if that is above zero.
    Busy(u16, u16),
}

/// One exchange's fate, and how long it takes there and back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Journey {
    pub(super) fate: Fate,
    pub(super) there: i64,
    pub(super) back: i64,
    /// What is lost is noticed by its silence alone.
    pub(super) silent: bool,
}

impl Journey {
    /// One that is known beforehand, with its milliseconds there and back.
    pub(super) fn new(fate: Fate, there: i64, back: i64) -> Self {
        Self { fate, there, back, silent: false }
    }
}

/// How bad the network is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weather {
    /// How many of a hundred exchanges meet with something.
    pub(super) faults: u8,
    /// How many of a hundred are slow, up to beyond what anyone waits for.
    pub(super) slow: u8,
    /// Nobody is there.
    pub(super) down: bool,
}

impl World {
    pub(super) fn journey(&self, is_login: bool) -> Journey {
        let scheduled = self.network.next.borrow_mut().pop_front().or(self.network.always.get());
        scheduled.unwrap_or_else(|| {
            let journey = self.drawn_journey();
            if !is_login || self.network.deaf.get() == 0 {
                return journey;
            }
            self.random(|random| {
                let is_lost = random.u8(..100) < self.network.deaf.get();
                let fates = if is_lost {
                    [Fate::LostAfter, Fate::Failed(502, true)]
                } else {
                    [Fate::Whole, Fate::Refuses(403)]
                };
                Journey { fate: fates[random.usize(..2)], ..journey }
            })
        })
    }

    fn drawn_journey(&self) -> Journey {
        let weather = self.network.weather.get();
        if weather.down {
            return Journey::new(Fate::NotSent, 10, 10);
        }
        self.random(|random| {
            let fate = if random.u8(..100) < weather.faults { fault(random) } else { Fate::Whole };
            let quick = |random: &mut fastrand::Rng| random.i64(0..200);
            let slow = |random: &mut fastrand::Rng| random.i64(0..40_000);
            let there = if random.u8(..100) < weather.slow { slow(random) } else { quick(random) };
            let back = if random.u8(..100) < weather.slow { slow(random) } else { quick(random) };
            Journey { fate, there, back, silent: random.bool() }
        })
    }
}

fn fault(random: &mut fastrand::Rng) -> Fate {
    let failure = |random: &mut fastrand::Rng| [500, 502, 504][random.usize(..3)];
    match random.u8(..18) {
        0..=1 => Fate::NotSent,
        2..=3 => Fate::LostBefore,
        4..=7 => Fate::LostAfter,
        8..=9 => Fate::Failed(failure(random), false),
        10..=11 => Fate::Failed(failure(random), true),
        12 => Fate::Garbage,
        13 => Fate::Elsewhere([200, 301, 404, 405, 410, 501][random.usize(..6)]),
        14..=15 => Fate::Refuses([400, 403, 429, 503][random.usize(..4)]),
        16 => Fate::Busy(429, random.u16(..40)),
        _ => Fate::Busy(503, random.u16(1..40)),
    }
}
