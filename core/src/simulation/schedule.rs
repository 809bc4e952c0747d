//! Runs in which what happens, and when, is written down; only the order of the tasks is drawn.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::executor::Owner;
use super::journey::{Fate, Journey};
use super::network::Model;
use super::scene::{Scene, Setting};
use super::seeds::run_for;
use super::within;
use crate::error::Error;
use crate::policy::{Options, Relogin};
use crate::provider::Provider;
use crate::session::{Session, login, resume};

/// In how many orders the tasks are run.
const ORDERS: u64 = 20;

/// What became of a call: its result, and how many milliseconds the machine was awake for it.
pub(super) struct Called<T>(Rc<RefCell<Option<(T, i64)>>>);

impl<T> Called<T> {
    pub(super) fn has_ended(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Its result and the time it took.
    pub(super) fn ended(self) -> (T, i64) {
        self.0.take().expect("the call has ended")
    }
}

/// A token or its error.
pub(super) type Answer = Result<String, Error>;

pub(super) struct Schedule {
    pub(super) scene: Scene,
}

/// Plays a schedule in many orders of its tasks. Every exchange takes 20 ms unless the schedule says otherwise.
pub(super) fn in_any_order(setting: Setting, play: impl Fn(&Schedule)) {
    for order in 0..ORDERS {
        within(order, |world| {
            let schedule = Schedule { scene: Scene::set(world, setting) };
            schedule.all_is_well();
            play(&schedule);
        });
    }
}

impl Schedule {
    pub(super) fn all_is_well(&self) {
        self.always(Fate::Whole, 10);
    }

    /// What every exchange meets with from now on, and how long that takes.
    pub(super) fn always(&self, fate: Fate, there: i64) {
        self.scene.world.network.always.set(Some(Journey::new(fate, there, 10)));
    }

    /// What the next exchange meets with.
    pub(super) fn next(&self, fate: Fate) {
        self.scene.world.network.next.borrow_mut().push_back(Journey::new(fate, 10, 10));
    }

    /// Milliseconds since the beginning.
    pub(super) fn at(&self) -> i64 {
        self.scene.world.executor.now().boot.0 - 1_000_000
    }

    pub(super) fn pass(&self, milliseconds: i64) {
        run_for(&self.scene, milliseconds);
    }

    pub(super) fn pass_until(&self, at: i64) {
        self.pass(at - self.at());
    }

    pub(super) fn suspend(&self, milliseconds: i64) {
        self.scene.world.executor.suspend(milliseconds);
    }

    pub(super) fn call<T: 'static>(&self, act: impl Future<Output = T> + 'static) -> Called<T> {
        let called = Called(Rc::default());
        let (kept, world) = (Rc::clone(&called.0), Rc::clone(&self.scene.world));
        let executor = &self.scene.world.executor;
        let begun = executor.awake();
        let task = async move {
            let result = act.await;
            let took = crate::time::milliseconds(world.executor.awake().saturating_sub(begun));
            *kept.borrow_mut() = Some((result, took));
        };
        let process = executor.process();
        // Of the process that the schedule speaks for, or else of the scene's.
        let process = if process == 0 { self.scene.process } else { process };
        executor.as_process(process, || executor.spawn(Owner::Caller, task));
        called
    }

    pub(super) fn token(&self, session: &Session) -> Called<Answer> {
        let session = session.clone();
        self.call(async move { session.token().await.map(|token| token.as_str().to_owned()) })
    }

    pub(super) fn token_within(&self, session: &Session, limit: Duration) -> Called<Answer> {
        let session = session.clone();
        self.call(async move { session.token_within(limit).await.map(|token| token.as_str().to_owned()) })
    }

    pub(super) fn refresh_within(&self, session: &Session, limit: Duration) -> Called<Answer> {
        let session = session.clone();
        let refresh = async move { session.refresh_within(limit).await };
        self.call(async move { refresh.await.map(|tokens| tokens.access_token.expose().to_owned()) })
    }

    /// The access token that a refresh brings.
    pub(super) fn refresh(&self, session: &Session) -> Called<Answer> {
        let session = session.clone();
        self.call(async move { session.refresh().await.map(|tokens| tokens.access_token.expose().to_owned()) })
    }

    /// Logs in with the scene's options, to the end.
    pub(super) fn try_to_log_in(&self) -> Result<Session, Error> {
        let (provider, options) = (self.scene.provider(0), self.scene.options());
        let called = self.call(login(provider, options));
        self.pass(30_000);
        called.ended().0
    }

    pub(super) fn log_in(&self) -> Session {
        self.try_to_log_in().expect("a session")
    }

    /// Another session of the same tokens in the same process.
    pub(super) fn second(&self, of: &Session, relogin: Relogin) -> Session {
        let provider: Arc<dyn Provider> = self.scene.provider(0);
        let executor = &self.scene.world.executor;
        let tokens = executor.as_process(self.scene.process, || of.tokens()).expect("tokens");
        let made =
            executor.as_process(self.scene.process, || resume(provider, tokens, Options::default().relogin(relogin)));
        made.expect("a session")
    }

    /// How many logins and refreshes the server granted, and how often it saw a spent token.
    pub(super) fn granted(&self) -> (usize, usize, usize) {
        self.scene.world.network.with_model(|model| match model {
            Model::SevenG(server) => (server.logins, server.refreshes, server.reused),
            Model::Synapsewave(server) => (server.logins, 0, server.reused),
        })
    }

    /// How many exchanges were begun.
    pub(super) fn sent(&self) -> usize {
        self.scene.world.network.log.borrow().entries.len()
    }
}
