//! What happens next in a run, as the seed has it.

use super::executor::Owner;
use super::scene::{Client, PASSWORDS, Scene};
use super::store::Trouble;
use super::synapsewave::DAY;
use crate::time::milliseconds;

impl Scene {
    /// One thing happens.
    pub(super) fn act(&mut self) {
        self.world.steps.set(self.world.steps.get() + 1);
        if self.setting.deaf && self.act_in_spell() {
            return;
        }
        match self.draw(100) {
            0..=53 => self.go_on(),
            54 => self.meddle_with_passwords(),
            55..=64 => self.pass(),
            65..=84 => self.call_something(),
            85..=89 => self.cancel(),
            90..=91 => self.set_wall(),
            92..=93 => self.suspend(),
            94..=95 => self.kill(),
            96..=97 => self.crash(),
            98 => self.revoke(),
            _ => self.change_weather(),
        }
    }

    pub(super) fn draw(&self, below: usize) -> usize {
        self.world.random(|random| random.usize(..below))
    }

    /// A task that can go on does; where none can, time passes.
    fn go_on(&self) {
        for _ in 0..=self.draw(8) {
            if !self.world.executor.step(|count| self.draw(count)) {
                return self.pass();
            }
            self.world.steps.set(self.world.steps.get() + 1);
        }
    }

    /// Time passes; a machine that is not calm may be so busy that tasks which could go on do not.
    fn pass(&self) {
        let starved = !self.setting.calm && self.draw(4) == 0;
        if starved && self.world.executor.is_busy() {
            // Not for so long that a store which answers at once would pass for one that does not.
            let before = self.world.executor.awake();
            self.world.executor.skip(if self.setting.stored { 50 } else { 20_000 });
            let starved = self.world.executor.awake().saturating_sub(before);
            self.world.starved.set(self.world.starved.get() + milliseconds(starved));
            return;
        }
        if self.world.executor.step(|count| self.draw(count)) {
            return;
        }
        let far = if self.setting.lifetime.is_none() { DAY / 3 } else { 1_300_000 };
        let limit = [100, 2_000, 31_000, 400_000, far][self.draw(5)];
        if self.world.executor.skip(limit) {
            return;
        }
        // Nothing rings for so long: the time passes all the same.
        if self.world.executor.tasks(Owner::Network).is_empty() {
            self.world.executor.pass(limit);
        }
    }

    fn client(&self) -> Option<Client> {
        let clients = self.shared.clients.borrow();
        (!clients.is_empty()).then(|| clients[self.draw(clients.len())].clone())
    }

    fn call_something(&self) {
        let Some(client) = self.client() else {
            return if self.draw(4) == 0 {
                self.arrive();
            };
        };
        match self.draw(20) {
            0..=10 => self.token(&client, false),
            11 => self.token(&client, true),
            12..=13 => self.refresh(&client, self.draw(3) == 0),
            14..=16 => self.report_something(&client),
            17 if self.draw(6) == 0 => self.log_out(&client),
            18 => self.arrive(),
            _ => (0..3).for_each(|_| self.token(&client, false)),
        }
    }

    /// Somebody starts to use the library.
    pub(super) fn arrive(&self) {
        if self.shared.clients.borrow().len() < 6 {
            let user = self.draw(self.setting.users);
            if self.setting.stored && self.draw(2) == 0 && self.is_without(user) {
                self.take_up(user);
            } else {
                self.log_in(user);
            }
        }
    }

    /// Two sessions of one process that were made of the same tokens are another matter.
    fn is_without(&self, user: usize) -> bool {
        let busy = self.shared.calls.borrow().values().any(|call| *call != "token");
        // One that nobody holds any more may still be at work.
        let quiet = self.world.executor.tasks(Owner::Library).is_empty();
        !busy && quiet && self.shared.clients.borrow().iter().all(|client| client.user != user)
    }

    fn report_something(&self, client: &Client) {
        let handed_out = client.handed_out.borrow().clone();
        if let Some(latest) = handed_out.last() {
            let old = &handed_out[self.draw(handed_out.len())];
            let chosen = if self.draw(3) == 0 && !self.setting.calm { latest } else { old };
            self.report(client, chosen.clone());
        }
    }

    /// A caller gives up.
    fn cancel(&self) {
        let mut calls: Vec<_> = self.shared.calls.borrow().keys().copied().collect();
        calls.sort_unstable();
        if !calls.is_empty() {
            let call = calls[self.draw(calls.len())];
            self.world.tell(|| format!("call {call} is cancelled"));
            self.world.executor.cancel(call);
        }
    }

    /// Somebody, or NTP, sets the wall clock. Where answers do not say the time, nothing else does.
    fn set_wall(&self) {
        if self.world.network.dated.get() || !self.setting.calm {
            let by = self.world.random(|random| random.i64(-7_200_000..7_200_000));
            self.world.executor.set_wall(by);
        }
    }

    fn suspend(&self) {
        // What is on its way is lost by a suspend.
        if self.setting.calm && !self.world.executor.tasks(Owner::Network).is_empty() {
            return;
        }
        let time = [5_000, 60_000, 1_000_000, 30_000_000][self.draw(4)];
        self.world.tell(|| format!("suspended for {time} ms"));
        self.world.executor.suspend(time);
    }

    /// A task of the library ends in the middle, as if it had panicked.
    fn kill(&mut self) {
        let tasks = self.world.executor.tasks(Owner::Library);
        if !self.setting.calm && !tasks.is_empty() {
            let task = tasks[self.draw(tasks.len())];
            self.world.tell(|| format!("task {task} is killed"));
            self.world.executor.cancel(task);
            self.ended.0 += 1;
        }
    }

    /// The process dies, and another takes up what it left in the store.
    fn crash(&mut self) {
        // A process whose store does not take the note that a refresh token is on its way leaves one that is spent.
        if self.setting.calm || !self.setting.stored || self.setting.store_fails || self.draw(3) > 0 {
            return;
        }
        self.world.tell(|| format!("process {} dies", self.process));
        self.world.executor.crash(self.process);
        let clients = std::mem::take(&mut *self.shared.clients.borrow_mut());
        self.world.executor.as_process(self.process, || drop(clients));
        self.world.proof.borrow_mut().died = Some(self.world.executor.now().boot);
        self.process += 1;
        self.ended.1 += 1;
        (0..self.setting.users).for_each(|user| self.take_up(user));
    }

    /// A user takes another password, or the programs are told it.
    fn meddle_with_passwords(&mut self) {
        if self.setting.calm {
            return;
        }
        let user = self.draw(self.setting.users);
        if self.draw(2) == 0 {
            self.change_password(user, PASSWORDS[self.draw(3)]);
        } else {
            self.tell_password(user);
        }
    }

    fn revoke(&self) {
        if !self.setting.calm {
            self.world.network.with_model(|model| model.revoke(|count| self.draw(count)));
        }
    }

    fn change_weather(&self) {
        if !self.setting.calm {
            let faults = [0, 10, 30, 90][self.draw(4)];
            let (slow, down) = ([0, 5, 40][self.draw(3)], self.draw(5) == 0);
            self.world.network.weather.set(super::journey::Weather { faults, slow, down });
            if self.setting.store_fails {
                let (faults, slow) = ([0, 10, 50, 100][self.draw(4)], [0, 10, 50][self.draw(3)]);
                self.store.set(Trouble { faults, slow, ..Trouble::default() });
            }
        }
    }
}
