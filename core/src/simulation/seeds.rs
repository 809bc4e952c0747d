//! Many seeds, each a run; a run that fails says how to have it again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::scene::{Client, Scene};
use super::{World, checks, within};
use crate::policy::Relogin;

/// How many runs there are; `RELATCH_SIMULATION_SEEDS` asks for more, `RELATCH_SEED` for one only.
const SEEDS: u64 = 10_000;
/// After so many runs that failed no more are begun; `RELATCH_SIMULATION_FAILURES` asks for another number.
const MOST_FAILED: u64 = 20;
/// How many things happen in a run, before it is left to settle.
const ACTIONS: usize = 50;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn no_seed_breaks_an_invariant() {
    let seeds = match from_environment("RELATCH_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..from_environment("RELATCH_SIMULATION_SEEDS").unwrap_or(SEEDS),
    };
    let (next, steps) = (AtomicU64::new(seeds.start), AtomicU64::new(0));
    let most_failed = from_environment("RELATCH_SIMULATION_FAILURES").unwrap_or(MOST_FAILED);
    let failed = Mutex::new(Vec::new());
    // By how many of the three rejections were lost.
    let changed = [const { AtomicU64::new(0) }; 4];
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        for _ in 0..threads {
            scope.spawn(|| {
                while (failed.lock().unwrap().len() as u64) < most_failed {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if !seeds.contains(&seed) {
                        return;
                    }
                    let Ok((taken, lost)) = catch_unwind(AssertUnwindSafe(|| run(seed))) else {
                        println!("seed {seed} fails; RELATCH_SEED={seed} runs it alone");
                        failed.lock().unwrap().push(seed);
                        continue;
                    };
                    steps.fetch_add(taken, Ordering::Relaxed);
                    if let Some(lost) = lost {
                        changed[lost].fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(*failed.lock().unwrap(), [0_u64; 0], "these seeds fail, see above");
    let (steps, count) = (steps.into_inner(), seeds.end - seeds.start);
    println!("{steps} steps over {count} seeds");
    let [none, one, two, three] = changed.map(AtomicU64::into_inner);
    assert_eq!(none, 0, "of two rejections the ledger has heard before the third");
    println!(
        "{} worlds in which a password was changed at the server while answers to logins were lost had three rejected \
         logins in ten minutes: {three} with all three answers lost, {two} with two, {one} with one \
         of a password that was changed back",
        one + two + three
    );
    assert!(count < SEEDS || steps >= 1_000_000, "{steps} steps are too few");
    // Of each thousand some tens: otherwise the draw does not come to what the ledger cannot know.
    assert!(count < SEEDS || (two + three) * 100 >= count, "{two} and {three} such worlds are too few");
}

#[test]
fn a_seed_decides_everything() {
    for seed in 0..20 {
        assert_eq!(trace(seed), trace(seed), "seed {seed}");
    }
}

/// What went over the wire, and when.
fn trace(seed: u64) -> Vec<String> {
    within(seed, |world| {
        let mut scene = Scene::new(world);
        play(&mut scene);
        let log = world.network.log.borrow();
        log.entries.iter().map(|entry| format!("{:?} {:?} {:?}", entry.at, entry.carried, entry.end)).collect()
    })
}

/// Plays a run and returns how many steps it took; and of how many rejected logins nobody heard, where that were too many.
fn run(seed: u64) -> (u64, Option<usize>) {
    within(seed, |world| {
        let mut scene = Scene::new(world);
        play(&mut scene);
        settle(&scene);
        (world.steps.get(), world.changed.get())
    })
}

fn play(scene: &mut Scene) {
    scene.world.tell(|| format!("{:?}", scene.setting));
    scene.arrive();
    for _ in 0..ACTIONS {
        scene.act();
        raise(&scene.world);
    }
}

/// All is well again: every call ends, and every session that can go on by itself lives.
fn settle(scene: &Scene) {
    let world = &scene.world;
    world.network.weather.set(super::journey::Weather::default());
    world.network.deaf.set(0);
    scene.store.set(super::store::Trouble::default());
    run_for(scene, 200_000);
    // The most patient callers wait for longer, and their time begins anew when the machine slept through it.
    for _ in 0..5 {
        if !scene.shared.calls.borrow().is_empty() {
            run_for(scene, 100_000);
        }
    }
    let calls = scene.shared.calls.borrow().clone();
    assert!(calls.is_empty(), "calls that wait for ever: {calls:?}");
    checks::traffic(scene);
    raise(world);
    // Ten minutes on no ledger stands in the way of what is right; on another day what ended has ended.
    let clients = scene.shared.clients.borrow().clone();
    let wait = if scene.setting.lifetime.is_some() { 1_300_000 } else { 2 * super::synapsewave::DAY };
    world.executor.suspend(wait);
    run_for(scene, 60_000);
    for client in clients {
        check_alive(scene, &client);
    }
    raise(world);
}

fn check_alive(scene: &Scene, client: &Client) {
    let setting = scene.setting;
    let has_password = !setting.wrong_passwords && !scene.shared.changed_passwords.get();
    let unattended = !setting.attended && setting.relogin == Relogin::Auto && has_password;
    let unharmed = setting.calm && setting.lifetime.is_some();
    // Codes are made of the time: where nobody tells it and the local clock is wrong, none is right.
    let blind = setting.lifetime.is_none() && !scene.world.network.dated.get();
    if *client.logged_out.borrow() || client.blind && !unattended || blind || !(unattended || unharmed) {
        return;
    }
    let before = client.handed_out.borrow().len();
    // A code that was used lets one login wait for the next step.
    for _ in 0..3 {
        scene.token(client, false);
        run_for(scene, 120_000);
    }
    let handed_out = client.handed_out.borrow();
    let lives = handed_out.len() > before;
    assert!(lives, "a session of user {} did not live: {:?}", client.user, client.session);
}

/// Lets everything go on for this time.
pub(super) fn run_for(scene: &Scene, milliseconds: i64) {
    let (world, end) = (&scene.world, scene.world.executor.now().boot.0 + milliseconds);
    loop {
        while world.executor.step(|count| scene.draw(count)) {
            world.steps.set(world.steps.get() + 1);
            raise(world);
        }
        let left = end - world.executor.now().boot.0;
        if left <= 0 {
            return;
        }
        if !world.executor.skip(left) {
            world.executor.pass(left);
        }
    }
}

pub(super) fn raise(world: &World) {
    checks::server(world);
    let broken = world.broken.borrow();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
