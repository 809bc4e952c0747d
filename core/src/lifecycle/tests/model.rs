//! A model of a server that rotates refresh tokens, revokes on reuse, and locks accounts; and its own log of what it saw.

use std::time::Duration;

use super::super::*;
use crate::freshness::Timing;
use crate::secret::Secret;
use crate::time::UnixTime;

/// How a message to or from the server fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Whole,
    /// It never leaves the client.
    NotSent,
    /// It is lost before the server sees it, which the client cannot know.
    LostOnTheWay,
    /// The server acts, and its answer is lost.
    AnswerLost,
    /// The server answers 500 without having acted, or after.
    Failed {
        acted: bool,
    },
    /// 429, for so many seconds if it says.
    Busy {
        seconds: Option<i64>,
    },
    /// A login is refused for its code, which came late.
    LateCode,
    /// A login is answered with the question for a second factor.
    Asked,
    /// The human who was asked for a value gives none.
    NoValue,
}

/// The server's day, in milliseconds.
pub(super) const DAY: i64 = 86_400_000;

pub(super) struct Server {
    /// How long an access token lives; None if all end with the server's day and there are no refresh tokens.
    pub(super) lifetime: Option<i64>,
    pub(super) dated: bool,
    /// Its clock less the client's boot clock, in milliseconds.
    pub(super) ahead: i64,
    pub(super) password: u32,
    issued: u32,
    /// The refresh token that is good, by session of the client.
    good: [Option<u32>; 2],
    /// The refresh token that was exchanged last, when it was sent, and what it brought.
    exchanged: [Option<(u32, BootTime, Grant)>; 2],
    /// The access token that is good, and its end in boot time.
    access: [Option<(u32, i64)>; 2],
    /// When logins failed, in boot time.
    pub(super) failures: Vec<i64>,
    pub(super) reused: u32,
    pub(super) locked: u32,
}

impl Server {
    pub(super) fn new(lifetime: Option<i64>, dated: bool, ahead: i64) -> Self {
        Self {
            lifetime,
            dated,
            ahead,
            password: 0,
            issued: 0,
            good: [None; 2],
            exchanged: [None, None],
            access: [None; 2],
            failures: Vec::new(),
            reused: 0,
            locked: 0,
        }
    }

    /// The real end of an access token, in boot time; nothing for one that the server does not take.
    pub(super) fn end_of(&self, session: usize, token: u32) -> Option<i64> {
        self.access[session].filter(|(good, _)| *good == token).map(|(_, end)| end)
    }

    pub(super) fn revoke(&mut self, session: usize) {
        (self.good[session], self.access[session]) = (None, None);
    }

    pub(super) fn login(&mut self, session: usize, now: Now, password: u32, fate: Fate) -> Ended {
        self.exchange(now, fate, |server| {
            let recent = |at: &&i64| now.boot.0 - **at < 600_000;
            if server.failures.iter().filter(recent).count() >= 3 {
                server.locked += 1;
                return Outcome::Rejected(
                    Error::new(ErrorCode::AccountLocked, "locked")
                        .with_retry_at(now.unix.after(Duration::from_secs(600))),
                );
            }
            if fate == Fate::LateCode {
                server.failures.push(now.boot.0);
                return Outcome::Rejected(Error::new(ErrorCode::SecondFactorRejected, "late").with_status(400));
            }
            if fate == Fate::Asked && password == server.password {
                let expires_at = UnixTime(now.boot.0 + server.ahead + 900_000);
                return Outcome::SecondFactor(SecondFactor { expires_at, ..super::steps::asked() });
            }
            if password != server.password {
                server.failures.push(now.boot.0);
                return Outcome::Rejected(Error::new(ErrorCode::InvalidCredentials, "wrong").with_status(401));
            }
            Outcome::Granted(server.issue(session, now))
        })
    }

    /// A refresh token that comes again within `grace` brings once more what it brought.
    pub(super) fn refresh(
        &mut self,
        session: usize,
        now: Now,
        (token, sent): (u32, BootTime),
        grace: Duration,
        fate: Fate,
    ) -> Ended {
        self.exchange(now, fate, |server| {
            if server.good[session] == Some(token) {
                let grant = server.issue(session, now);
                server.exchanged[session] = Some((token, sent, grant.clone()));
                return Outcome::Granted(grant);
            }
            let again = server.exchanged[session].as_ref().filter(|(known, ..)| *known == token);
            let is_good = server.good[session].is_some();
            if let Some((.., grant)) = again.filter(|(_, at, _)| is_good && now.boot < at.after(grace)) {
                return Outcome::Granted(grant.clone());
            }
            // One that was sent in time and came too late is not the client's fault.
            let was_in_time = again.is_some_and(|(_, at, _)| sent < at.after(grace));
            if is_good && !was_in_time {
                server.reused += 1;
            }
            server.revoke(session);
            Outcome::Rejected(Error::new(ErrorCode::InvalidCredentials, "spent").with_status(401))
        })
    }

    fn exchange(&mut self, now: Now, fate: Fate, act: impl FnOnce(&mut Self) -> Outcome) -> Ended {
        let lost = || Error::new(ErrorCode::Timeout, "lost").with_sent(crate::error::Sent::Maybe);
        let failed = || Error::new(ErrorCode::Protocol, "failed").with_status(500);
        let outcome = match fate {
            Fate::NotSent => return Ended::NotSent(Error::new(ErrorCode::Transport, "not sent")),
            Fate::LostOnTheWay => return Ended::Ambiguous(lost()),
            Fate::AnswerLost => {
                act(self);
                return Ended::Ambiguous(lost());
            }
            Fate::Failed { acted } => {
                if acted {
                    act(self);
                }
                Outcome::Unreadable(failed())
            }
            Fate::Busy { seconds } => {
                let at = seconds.map(|seconds| UnixTime(now.unix.0 + seconds * 1000));
                Outcome::Busy(Error::new(ErrorCode::RateLimited, "busy").with_status(429).with_retry_at(at))
            }
            Fate::NoValue => return Ended::NoValue(Error::new(ErrorCode::SecondFactorRequired, "no answer")),
            Fate::Whole | Fate::LateCode | Fate::Asked => act(self),
        };
        let date = self.dated.then(|| UnixTime((now.boot.0 + self.ahead) / 1000 * 1000));
        Ended::Answered(outcome, Timing { sent: now.boot, received: now.boot, date })
    }

    fn issue(&mut self, session: usize, now: Now) -> Grant {
        self.issued += 1;
        let time = now.boot.0 + self.ahead;
        // `exp` counts in whole seconds of the server's clock.
        let end = match self.lifetime {
            Some(lifetime) => time / 1000 * 1000 + lifetime * 1000,
            None => (time / DAY + 1) * DAY - 1000,
        };
        self.good[session] = self.lifetime.map(|_| self.issued);
        self.access[session] = Some((self.issued, end - self.ahead));
        Grant {
            access_token: Secret::new(self.issued.to_string()),
            refresh_token: self.lifetime.map(|_| Secret::new(self.issued.to_string())),
            expiry: Expiry::At(UnixTime(end)),
            details: None,
        }
    }
}
