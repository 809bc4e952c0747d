//! A caller that gives up at every single point of a call: after each task that was polled and each wait that passed,
//! under many orders of the tasks. Nothing of what goes on without the caller may be lost.

use std::cell::RefCell;
use std::rc::Rc;

use super::network::Model;
use super::scene::{Client, SETTING, Scene, Setting};
use super::seeds::{raise, run_for};
use super::within;
use crate::policy::Relogin;
use crate::session::Challenge;

/// In how many orders the tasks are run.
const ORDERS: u64 = 25;

/// Cuts the call that `begin` starts at every point, and checks what is left each time.
fn cut_everywhere(setting: Setting, begin: impl Fn(&Scene), check: impl Fn(&Scene)) {
    for order in 0..ORDERS {
        let mut points = 0;
        while !cut(order, setting, points, &begin, &check) {
            points += 1;
        }
        assert!(points > 3, "the call was over after {points} steps: there was nothing to cut");
    }
}

/// Cuts the call after so many steps; whether it had ended by itself.
fn cut(order: u64, setting: Setting, points: usize, begin: &impl Fn(&Scene), check: &impl Fn(&Scene)) -> bool {
    within(order, |world| {
        let scene = Scene::set(world, setting);
        begin(&scene);
        for _ in 0..points {
            let went_on = world.executor.step(|count| scene.draw(count)) || world.executor.skip(30_000);
            assert!(went_on, "the call waits for nothing");
        }
        let calls: Vec<_> = scene.shared.calls.borrow().keys().copied().collect();
        for call in &calls {
            world.executor.cancel(*call);
        }
        run_for(&scene, 100_000);
        raise(world);
        check(&scene);
        raise(world);
        calls.is_empty()
    })
}

fn log_in(scene: &Scene) -> Client {
    scene.log_in(0);
    run_for(scene, 40_000);
    let clients = scene.shared.clients.borrow();
    clients.last().expect("a session").clone()
}

fn refreshes_and_logins(scene: &Scene) -> (usize, usize) {
    scene.world.network.with_model(|model| match model {
        Model::SevenG(server) => (server.refreshes, server.logins),
        Model::Synapsewave(server) => (0, server.logins),
    })
}

/// The session holds the refresh token that the server takes, and goes on with it.
fn check_rotation(scene: &Scene, most: usize) {
    let client = scene.shared.clients.borrow()[0].clone();
    let tokens = scene.world.executor.as_process(client.process, || client.session.tokens());
    let held = tokens.and_then(|tokens| tokens.refresh_token).expect("a refresh token");
    let good = scene.world.network.with_model(|model| match model {
        Model::SevenG(server) => server.good(),
        Model::Synapsewave(_) => unreachable!("a system with a refresh"),
    });
    assert_eq!(good, [held.expose()], "the rotation was lost");
    let (refreshes, logins) = refreshes_and_logins(scene);
    assert!(refreshes <= most && logins == 1, "{refreshes} refreshes, {logins} logins");
    scene.token(&client, false);
    scene.refresh(&client, false);
    run_for(scene, 100_000);
    assert_eq!(refreshes_and_logins(scene).1, 1);
    assert!(!client.handed_out.borrow().is_empty(), "no token");
}

#[test]
fn a_refresh_cut_at_any_point_loses_no_rotation() {
    for stored in [false, true] {
        let begin = |scene: &Scene| scene.refresh(&log_in(scene), false);
        cut_everywhere(Setting { stored, ..SETTING }, begin, |scene| check_rotation(scene, 1));
    }
}

#[test]
fn a_call_that_waits_for_a_refresh_cut_at_any_point_loses_no_rotation() {
    let begin = |scene: &Scene| {
        let client = log_in(scene);
        scene.world.executor.suspend(1_300_000);
        scene.token(&client, false);
    };
    cut_everywhere(SETTING, begin, |scene| check_rotation(scene, 1));
}

#[test]
fn many_calls_cut_at_any_point_lose_no_rotation() {
    let begin = |scene: &Scene| {
        let client = log_in(scene);
        scene.world.executor.suspend(1_300_000);
        (0..5).for_each(|_| scene.token(&client, false));
        scene.refresh(&client, false);
    };
    cut_everywhere(SETTING, begin, |scene| check_rotation(scene, 2));
}

#[test]
fn a_report_cut_at_any_point_loses_no_rotation() {
    let begin = |scene: &Scene| {
        let client = log_in(scene);
        let token = client.session.fresh_token().expect("fresh").as_str().to_owned();
        scene.report(&client, token);
    };
    cut_everywhere(SETTING, begin, |scene| check_rotation(scene, 1));
}

#[test]
fn an_exchange_without_a_session_cut_at_any_point_loses_no_rotation() {
    let tokens = Rc::new(RefCell::new(None));
    let begin = |scene: &Scene| {
        let executor = &scene.world.executor;
        let client = log_in(scene);
        let held = executor.as_process(client.process, || client.session.tokens()).expect("tokens");
        // Nobody but the caller has them.
        let clients = std::mem::take(&mut *scene.shared.clients.borrow_mut());
        executor.as_process(client.process, || drop((client, clients)));
        scene.exchange(&held);
        *tokens.borrow_mut() = Some(held);
    };
    cut_everywhere(SETTING, begin, |scene| {
        assert!(refreshes_and_logins(scene).0 <= 1, "the token went out twice");
        let again = scene.exchange(tokens.borrow().as_ref().expect("tokens"));
        run_for(scene, 100_000);
        let brought = again.take().expect("who gave up finds the new tokens when it asks again");
        let good = scene.world.network.with_model(|model| match model {
            Model::SevenG(server) => server.good(),
            Model::Synapsewave(_) => unreachable!("a system with a refresh"),
        });
        assert_eq!(good, [brought.refresh_token.expect("a refresh token").expose()]);
        assert_eq!(refreshes_and_logins(scene), (1, 1));
    });
}

/// Both steps of a login in two, from a challenge that is at hand or from the beginning.
fn check_steps(scene: &Scene, challenge: Option<Challenge>) {
    let challenge = challenge.unwrap_or_else(|| {
        let begun = scene.begin();
        run_for(scene, 100_000);
        begun.take().expect("a challenge")
    });
    let completed = scene.complete(&challenge);
    run_for(scene, 100_000);
    let session = completed.take().expect("a session");
    scene.world.executor.as_process(scene.process, || drop((session, challenge)));
    assert_eq!(refreshes_and_logins(scene).1, 1);
    let failed = scene.world.network.with_model(|model| model.accounts().failures());
    assert_eq!(failed, 0, "a step counts as a failed login");
}

#[test]
fn the_first_step_of_a_login_cut_at_any_point_counts_for_nothing() {
    let setting = Setting { lifetime: None, attended: true, ..SETTING };
    cut_everywhere(setting, |scene| drop(scene.begin()), |scene| check_steps(scene, None));
}

#[test]
fn the_second_step_of_a_login_cut_at_any_point_is_made_once() {
    let setting = Setting { lifetime: None, attended: true, ..SETTING };
    let challenge = Rc::new(RefCell::new(None));
    let begin = |scene: &Scene| {
        let begun = scene.begin();
        run_for(scene, 100_000);
        let begun = begun.take().expect("a challenge");
        scene.complete(&begun);
        *challenge.borrow_mut() = Some(begun);
    };
    cut_everywhere(setting, begin, |scene| check_steps(scene, challenge.take()));
}

/// Whatever became of the first login, it was made once at most, counts for nothing, and the next two go through.
fn check_login(scene: &Scene) {
    let first = refreshes_and_logins(scene).1;
    let kept = scene.shared.clients.borrow().len();
    assert!(first <= 1 && kept <= first, "{first} logins, {kept} sessions");
    if scene.setting.stored && first == 1 && kept == 0 {
        // Nobody holds the session, and the next process finds it in the store.
        scene.take_up(0);
        run_for(scene, 40_000);
        assert_eq!(refreshes_and_logins(scene).1, 1, "the login was lost");
    }
    for _ in 0..2 {
        let client = log_in(scene);
        scene.token(&client, false);
        run_for(scene, 40_000);
        assert_eq!(client.handed_out.borrow().len(), 1, "no token");
    }
    assert_eq!(refreshes_and_logins(scene).1, first + 2);
}

#[test]
fn a_login_cut_at_any_point_is_made_once_and_counts_for_nothing() {
    for stored in [false, true] {
        cut_everywhere(Setting { stored, ..SETTING }, |scene| scene.log_in(0), check_login);
    }
}

#[test]
fn a_login_with_a_code_cut_at_any_point_is_made_once_and_spends_one_code() {
    for attended in [false, true] {
        let setting = Setting { lifetime: None, attended, relogin: Relogin::Auto, ..SETTING };
        cut_everywhere(setting, |scene| scene.log_in(0), check_login);
    }
}
