//! Random sequences of calls, answers, failures, clock jumps and cancellations never break an invariant.

use std::time::Duration;

use super::super::*;
use super::model::{DAY, Fate, Server};
use super::world::World;
use crate::freshness::Margins;
use crate::secret::Secret;
use crate::time::UnixTime;

/// `RELATCH_SEQUENCES` asks for more, `RELATCH_SEED` for one only.
const SEQUENCES: u64 = 100_000;
const STEPS: usize = 40;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn no_sequence_breaks_invariants_1_to_7() {
    let seeds = match from_environment("RELATCH_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..from_environment("RELATCH_SEQUENCES").unwrap_or(SEQUENCES),
    };
    for seed in seeds {
        let run = std::panic::catch_unwind(|| sequence(seed));
        assert!(run.is_ok(), "seed {seed} fails; RELATCH_SEED={seed} runs it alone");
    }
}

fn sequence(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let ends_with_day = random.u8(..3) == 0;
    let attended = ends_with_day && random.u8(..3) == 0;
    let replay_grace = if ends_with_day { Duration::ZERO } else { GRACES[random.usize(..GRACES.len())] };
    let rules = Rules {
        can_login: random.u8(..4) > 0,
        may_relogin: random.u8(..4) > 0,
        keep_alive: random.bool(),
        ended_elsewhere: false,
        margins: Margins::default(),
        flight_limit: Duration::from_secs(30),
        replay_grace,
        attended,
        fresh_codes: ends_with_day && random.bool(),
        one_login: attended && random.bool(),
        holds_factor: ends_with_day && random.bool(),
        renewal: if ends_with_day { DAILY } else { Renewal::AnyTime },
        default_lifetime: Duration::from_secs(1200),
    };
    // No server takes a refresh token again for longer than its access tokens live.
    let lifetimes = if replay_grace.is_zero() { &[1200, 300, 60, 20][..] } else { &[1200, 300] };
    let lifetime = (!ends_with_day).then(|| lifetimes[random.usize(..lifetimes.len())]);
    let ahead = random.i64(-4_000_000_000..4_000_000_000);
    let server = Server::new(lifetime, random.u8(..4) > 0, ahead + 1_700_000_000_000);
    let unix = UnixTime(1_700_000_000_000 + random.i64(-5_000_000..5_000_000));
    let mut world = World::new(rules, server, Now { boot: BootTime(1_000_000), unix });
    for session in 0..2 {
        world.step(session, Input::Login { force: false, part: LoginPart::Whole(None) });
    }
    for _ in 0..STEPS {
        act(&mut world, &mut random);
        world.check_server();
    }
    settle_all(&mut world);
    world.check_server();
}

/// How long after it was sent the server takes a refresh token again.
const GRACES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(60)];

/// All tokens end in the last second of the server's day.
const DAILY: Renewal = Renewal::Daily { end: Duration::from_secs(86_399), gap: Duration::from_secs(2) };

fn act(world: &mut World, random: &mut fastrand::Rng) {
    let session = random.usize(..2);
    world.chance = random.f64();
    if world.server.lifetime.is_none() && random.u8(..10) == 0 {
        // To some time near the end of the day, or past it.
        let left = DAY - (world.now.boot.0 + world.server.ahead).rem_euclid(DAY);
        pass(world, (left + random.i64(-40_000..40_000)).max(0));
    }
    match random.u8(..27) {
        0..=6 => world.step(session, Input::Want),
        7 => world.step(session, Input::Refresh),
        8..=9 => unauthorized(world, session, random),
        10..=17 => {
            let fate = fate(random);
            world.deliver(session, fate);
        }
        18..=20 => pass(world, [10, 1_000, 2_000, 31_000, 300_000, 900_000, 1_170_000][random.usize(..7)]),
        // The user, or NTP, sets the wall clock.
        21 => world.now.unix = UnixTime(world.now.unix.0 + random.i64(-7_200_000..7_200_000)),
        // A caller that is cancelled just goes; the lifecycle is not even told.
        22 => world.sessions[session].waiting.clear(),
        23 => world.server.revoke(session),
        24 if random.u8(..8) == 0 => world.server.password += 1,
        25 if random.u8(..16) == 0 => world.step(session, Input::Close),
        25 => complete(world, session, random),
        26 if random.u8(..4) == 0 => world.fork(session),
        _ => wake(world, session, random.bool()),
    }
}

/// A human answers a question of the server's, be it the last one or not.
fn complete(world: &mut World, session: usize, random: &mut fastrand::Rng) {
    let asked = &world.sessions[session].challenges;
    if asked.is_empty() {
        return;
    }
    let asked = Arc::clone(&asked[random.usize(..asked.len())]);
    let given = (FactorKind::Otp, Secret::new("123456"));
    world.step(session, Input::Complete { asked, given, force: false });
}

fn unauthorized(world: &mut World, session: usize, random: &mut fastrand::Rng) {
    let client = &world.sessions[session];
    let token = match &client.handed_out {
        Some(held) if random.u8(..4) > 0 => held.grant.access_token.clone(),
        Some(_) if random.u8(..3) > 0 => client.had[random.usize(..client.had.len())].clone(),
        // What the session holds by now, whatever the request carried.
        _ => match client.lifecycle.held() {
            Some(held) if random.bool() => held.grant.access_token.clone(),
            _ => Secret::new("a token from elsewhere"),
        },
    };
    let input = match random.u8(..8) {
        0 => Input::Unknown(token),
        1 => Input::Known(token),
        _ => Input::Unauthorized(token),
    };
    world.step(session, input);
}

fn fate(random: &mut fastrand::Rng) -> Fate {
    match random.u8(..18) {
        0 => Fate::NotSent,
        1 => Fate::LostOnTheWay,
        2 => Fate::AnswerLost,
        3 => Fate::Failed { acted: random.bool() },
        14 => Fate::LateCode,
        15..=16 => Fate::Asked,
        17 => Fate::NoValue,
        4 => Fate::Busy { seconds: random.bool().then(|| random.i64(0..100)) },
        _ => Fate::Whole,
    }
}

/// Time passes, and the timer rings where it was set.
fn pass(world: &mut World, milliseconds: i64) {
    world.now.boot = BootTime(world.now.boot.0 + milliseconds);
    world.now.unix = UnixTime(world.now.unix.0 + milliseconds);
    for session in 0..2 {
        wake(world, session, true);
    }
}

fn wake(world: &mut World, session: usize, used: bool) {
    if world.sessions[session].lifecycle.wake_at().is_some_and(|at| at <= world.now.boot) {
        world.step(session, Input::Wake { used });
    }
}

/// The server is well again: every flight ends, every caller has its answer, and a session that has a way on lives.
fn settle_all(world: &mut World) {
    for _ in 0..20 {
        for session in 0..2 {
            world.deliver(session, Fate::Whole);
        }
        if world.sessions.iter().all(|client| client.waiting.is_empty() && client.lifecycle.flights.current().is_none())
        {
            break;
        }
        pass(world, 31_000);
    }
    for (number, client) in world.sessions.iter().enumerate() {
        assert!(client.waiting.is_empty(), "callers of session {number} wait for ever");
        assert!(client.lifecycle.flights.current().is_none(), "a flight of session {number} never ends");
    }
    // Ten minutes on, no ledger stands in the way of credentials that are right. On another day, what ended has ended.
    pass(world, 1_300_000.max(2 * DAY));
    for session in 0..2 {
        check_alive(world, session);
    }
}

fn check_alive(world: &mut World, session: usize) {
    let lifecycle = &world.sessions[session].lifecycle;
    let right = world.password == world.server.password;
    let may_login = right && lifecycle.rules.can_login && lifecycle.rules.may_relogin && !lifecycle.rules.attended;
    if lifecycle.closed || lifecycle.held().is_none() || lifecycle.login_right.is_rejected() || !may_login {
        return;
    }
    world.sessions[session].handed_out = None;
    world.step(session, Input::Want);
    for _ in 0..4 {
        world.deliver(0, Fate::Whole);
        world.deliver(1, Fate::Whole);
        if world.sessions[session].handed_out.is_none() {
            // In the last second of a day callers wait for the next one.
            pass(world, 6_000);
        }
    }
    assert!(world.sessions[session].handed_out.is_some(), "session {session} had credentials and did not live");
}
