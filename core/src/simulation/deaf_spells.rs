//! Spells in which a user's password is changed at the server and the answers to most logins are lost: what no ledger can
//! know of, and what it must have learnt of before and not forgotten.

use super::scene::{PASSWORDS, Scene};
use super::seeds::run_for;

/// A spell that goes on.
pub(super) struct Spell {
    user: usize,
    /// How many things happen before it is over.
    left: usize,
}

impl Scene {
    /// One thing happens of a spell; false where there is none.
    pub(super) fn act_in_spell(&mut self) -> bool {
        match self.spell.take() {
            None if self.draw(6) == 0 => self.begin_spell(),
            None => return false,
            Some(Spell { left: 0, .. }) => self.end_spell(),
            Some(Spell { user, left }) => {
                self.log_in_again(user);
                self.spell = Some(Spell { user, left: left - 1 });
            }
        }
        true
    }

    fn begin_spell(&mut self) {
        let user = self.draw(self.setting.users);
        // One that was good once may be tried again.
        if self.draw(4) == 0 {
            self.tell_password(user);
        }
        let others: Vec<_> = PASSWORDS.into_iter().filter(|password| *password != self.passwords[user]).collect();
        if self.draw(5) > 0 {
            self.change_password(user, others[self.draw(others.len())]);
        }
        self.world.network.deaf.set([50, 80, 100][self.draw(3)]);
        self.spell = Some(Spell { user, left: 3 + self.draw(8) });
        self.world.tell(|| format!("answers to logins are lost from now on, mostly; user {user}"));
    }

    /// Programs go on with the password that they have: they log in anew, or with a session whose token is refused.
    fn log_in_again(&mut self, user: usize) {
        let client = self.shared.clients.borrow().iter().find(|client| client.user == user).cloned();
        match client {
            Some(client) if self.draw(3) == 0 => {
                self.world.network.with_model(|model| model.revoke(|count| self.draw(count)));
                self.refresh(&client, false);
            }
            _ => self.log_in(user),
        }
        // So long that most calls end.
        run_for(self, [1_000, 20_000, 40_000][self.draw(3)]);
    }

    fn end_spell(&mut self) {
        self.world.network.deaf.set(0);
        self.world.tell(|| "answers to logins arrive again".to_owned());
        // What was counted is over, or not.
        if self.draw(2) == 0 {
            run_for(self, 700_000);
        }
    }
}
