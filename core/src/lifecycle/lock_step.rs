//! Runs the machine as it was before its state was regrouped beside the one that took its place, and compares all that they
//! say: every unit test, random sequence and simulated world holds the two to each other.

use std::sync::Arc;

use super::{Effect, Exchange, FlightNumber, Held, Input, Lifecycle, LoginPart, Rules, before};
use crate::clock::Now;
use crate::error::Error;
use crate::freshness::ServerClock;
use crate::grant::{Grant, SecondFactor};

/// The machine as it was, and its own copy of each challenge: challenges are told apart by where they are.
#[derive(Debug)]
pub(super) struct Before {
    machine: before::Lifecycle,
    challenges: Vec<(Arc<SecondFactor>, Arc<SecondFactor>)>,
}

impl Before {
    pub(super) fn new(rules: Arc<Rules>) -> Box<Self> {
        Self::of(before::Lifecycle::new(rules))
    }

    pub(super) fn resumed(rules: Arc<Rules>, server: ServerClock, grant: Grant, now: Now, chance: f64) -> Box<Self> {
        Self::of(before::Lifecycle::resumed(rules, server, grant, now, chance).0)
    }

    pub(super) fn inherited(rules: Arc<Rules>, held: Option<Arc<Held>>, closed: bool) -> Box<Self> {
        Self::of(before::Lifecycle::inherited(rules, held, closed))
    }

    fn of(machine: before::Lifecycle) -> Box<Self> {
        Box::new(Self { machine, challenges: Vec::new() })
    }

    fn own(&self, factor: Arc<SecondFactor>) -> Arc<SecondFactor> {
        let known = self.challenges.iter().find(|(theirs, _)| Arc::ptr_eq(theirs, &factor));
        known.map_or(factor, |(_, own)| Arc::clone(own))
    }

    fn own_part(&self, part: LoginPart) -> LoginPart {
        match part {
            LoginPart::Second(factor, given) => LoginPart::Second(self.own(factor), given),
            part => part,
        }
    }

    fn own_input(&self, input: Input) -> Input {
        match input {
            Input::Login { force, part } => Input::Login { force, part: self.own_part(part) },
            Input::Complete { asked, given, force } => Input::Complete { asked: self.own(asked), given, force },
            Input::Supplied(number, part) => Input::Supplied(number, self.own_part(part)),
            input => input,
        }
    }

    /// What the two call by different places from now on.
    fn learn(&mut self, now: Now, theirs: &Lifecycle, effects: &[Effect], own: &[Effect]) {
        let pending = theirs.challenged(now).zip(self.machine.challenged(now));
        let pending = pending.map(|(theirs, own)| (Arc::clone(theirs), Arc::clone(own)));
        let sent = effects.iter().zip(own).filter_map(|(theirs, own)| Some((second(theirs)?, second(own)?)));
        let new: Vec<_> = pending.into_iter().chain(sent).collect();
        for (theirs, own) in new {
            if !self.challenges.iter().any(|(known, _)| Arc::ptr_eq(known, &theirs)) {
                self.challenges.push((theirs, own));
            }
        }
    }
}

/// The challenge that a login which is to be sent answers.
fn second(effect: &Effect) -> Option<Arc<SecondFactor>> {
    match effect {
        Effect::Send(_, Exchange::Login { part: LoginPart::Second(factor, _), .. }) => Some(Arc::clone(factor)),
        _ => None,
    }
}

/// Steps both machines, and returns what they agree on.
pub(super) fn step(lifecycle: &mut Lifecycle, now: Now, chance: f64, input: Input) -> Vec<Effect> {
    let Some(mut before) = lifecycle.before.take() else { return lifecycle.react(now, chance, input) };
    if let (Some(held), Some(own)) = (lifecycle.held(), before.machine.held())
        && held.handed.is_noted()
    {
        own.handed.note();
    }
    let own_input = before.own_input(input.clone());
    let shown = format!("{input:?}");
    let effects = lifecycle.react(now, chance, input);
    let own = before.machine.step(now, chance, own_input);
    let same = effects.len() == own.len() && effects.iter().zip(&own).all(|(one, other)| is_same(one, other));
    assert!(same, "{shown}: {effects:?} is not {own:?}");
    before.learn(now, lifecycle, &effects, &own);
    compare(lifecycle, &before.machine, now, &shown);
    lifecycle.before = Some(before);
    effects
}

fn compare(lifecycle: &Lifecycle, before: &before::Lifecycle, now: Now, input: &str) {
    let shown = |held: Option<Arc<Held>>| held.map(|held| (held.grant.access_token.clone(), held.windows));
    let text = |error: Option<Error>| error.map(|error| say(&error));
    assert_eq!(lifecycle.wake_at(), before.wake_at(), "wake_at after {input}");
    assert_eq!(lifecycle.state(now), before.state(now), "state after {input}");
    assert_eq!(text(lifecycle.trouble()), text(before.trouble()), "trouble after {input}");
    assert_eq!(lifecycle.paused_until(now), before.paused_until(now), "paused_until after {input}");
    assert_eq!(lifecycle.spares_login_until(now), before.spares_login_until(now), "spares_login_until after {input}");
    assert_eq!(lifecycle.challenged(now), before.challenged(now), "challenged after {input}");
    assert_eq!(shown(lifecycle.valid(now)), shown(before.valid(now)), "valid after {input}");
    assert_eq!(shown(lifecycle.at_rest(now)), shown(before.at_rest(now)), "at_rest after {input}");
    assert_eq!(lifecycle.held(), before.held(), "held after {input}");
    assert_eq!(lifecycle.is_spent(), before.is_spent(), "is_spent after {input}");
    for number in 0..4 {
        assert_eq!(lifecycle.is_first_login(number), before.is_first_login(number), "is_first_login after {input}");
    }
    if let Some(held) = lifecycle.held() {
        let token = &held.grant.access_token;
        assert_eq!(lifecycle.had(token), before.had(token), "had after {input}");
    }
    assert_eq!(lifecycle.is_closed(), before.is_closed(), "is_closed after {input}");
}

fn is_same(one: &Effect, other: &Effect) -> bool {
    match (one, other) {
        (Effect::HandOut(one), Effect::HandOut(other)) | (Effect::EndOnServer(one), Effect::EndOnServer(other)) => {
            one == other
        }
        (Effect::Wait(one), Effect::Wait(other)) | (Effect::Release(one), Effect::Release(other)) => one == other,
        (Effect::Refuse(one), Effect::Refuse(other)) => say(one) == say(other),
        (Effect::Send(one, sent), Effect::Send(other, also)) => one == other && is_same_exchange(*one, sent, also),
        (Effect::Publish(one), Effect::Publish(other)) | (Effect::Forget(one), Effect::Forget(other)) => one == other,
        (Effect::Store(one, held), Effect::Store(other, also)) => one == other && held == also,
        (Effect::Announce(one), Effect::Announce(other)) => one == other,
        (Effect::Settle(one, held), Effect::Settle(other, also)) => {
            let same = match (held, also) {
                (Ok(held), Ok(also)) => held == also,
                (Err(error), Err(also)) => say(error) == say(also),
                _ => false,
            };
            one == other && same
        }
        _ => false,
    }
}

fn is_same_exchange(_: FlightNumber, one: &Exchange, other: &Exchange) -> bool {
    match (one, other) {
        (Exchange::Refresh(one), Exchange::Refresh(other)) => one == other,
        (Exchange::Login { force, part }, Exchange::Login { force: also, part: other }) => {
            let same = match (part, other) {
                (LoginPart::Whole(one), LoginPart::Whole(other)) => one == other,
                (LoginPart::First, LoginPart::First) => true,
                (LoginPart::Second(one, given), LoginPart::Second(other, also)) => one == other && given == also,
                _ => false,
            };
            force == also && same
        }
        _ => false,
    }
}

/// All of an error, and of what caused it.
fn say(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error:?} {:?} {source:?}", error.retry_at())
}
