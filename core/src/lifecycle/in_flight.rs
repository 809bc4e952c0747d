//! The flight of a session: one exchange of credentials, or several that follow from each other. One is under way at most.

use crate::time::BootTime;

use super::{Exchange, FlightNumber};

/// Why a flight is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    FirstLogin,
    Renewal,
    /// The user asked for new tokens: a human may be asked for a factor.
    Asked,
    /// The server refused the token.
    Refused,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// Sent and not answered.
    OnTheWire { since: BootTime, replayed: bool },
    /// Failed without consequences; to be sent again.
    Waiting { until: BootTime },
    /// Answered with new tokens, which are in use and on their way to the store. `new_feed`: they differ from what was held
    /// in how the feed is opened.
    Storing { new_feed: bool },
}

#[derive(Debug)]
pub(super) struct Flight {
    pub(super) number: FlightNumber,
    pub(super) exchange: Exchange,
    pub(super) purpose: Purpose,
    pub(super) stage: Stage,
    pub(super) deadline: BootTime,
    /// The server has not looked at the second factor that was sent last, if one was.
    pub(super) unspent: bool,
    /// Something of it may have reached the server, and no answer told.
    pub(super) lost: bool,
}

impl Flight {
    pub(super) fn is_login(&self) -> bool {
        matches!(self.exchange, Exchange::Login { .. })
    }

    /// Until when it waits for its next try, if it does.
    pub(super) fn waits_until(&self) -> Option<BootTime> {
        match self.stage {
            Stage::Waiting { until } => Some(until),
            _ => None,
        }
    }
}

/// The flight that is under way, and the number of the next.
#[derive(Debug, Default)]
pub(super) struct Flights {
    /// In a box: most sessions are idle most of the time.
    current: Option<Box<Flight>>,
    next: FlightNumber,
}

impl Flights {
    pub(super) fn current(&self) -> Option<&Flight> {
        self.current.as_deref()
    }

    pub(super) fn current_mut(&mut self) -> Option<&mut Flight> {
        self.current.as_deref_mut()
    }

    /// The flight of this number, if it is still under way.
    pub(super) fn at(&mut self, number: FlightNumber) -> Option<&mut Flight> {
        self.current_mut().filter(|flight| flight.number == number)
    }

    /// Begins a flight that may send at `until`, and returns its number: no other flight has it.
    pub(super) fn start(
        &mut self,
        exchange: Exchange,
        purpose: Purpose,
        until: BootTime,
        deadline: BootTime,
    ) -> FlightNumber {
        debug_assert!(self.current.is_none(), "one flight at a time");
        let number = self.next;
        self.next = number.wrapping_add(1);
        let stage = Stage::Waiting { until };
        let flight = Flight { number, exchange, purpose, stage, deadline, unspent: true, lost: false };
        self.current = Some(Box::new(flight));
        number
    }

    /// Ends the flight, whatever came of it.
    pub(super) fn end(&mut self) -> Option<Box<Flight>> {
        self.current.take()
    }
}

#[cfg(test)]
mod tests {
    use super::super::LoginPart;
    use super::*;

    #[test]
    fn a_number_is_used_once_and_names_its_flight_while_that_is_under_way() {
        let mut flights = Flights::default();
        let login = || Exchange::Login { force: false, part: LoginPart::Whole(None) };
        for number in 0..3 {
            assert_eq!(flights.start(login(), Purpose::Renewal, BootTime(1), BootTime(2)), number);
            assert!(flights.at(number).is_some_and(|flight| flight.is_login() && !flight.lost && flight.unspent));
            assert!(flights.at(number + 1).is_none());
            assert_eq!(flights.current().and_then(Flight::waits_until), Some(BootTime(1)));
            assert_eq!(flights.end().map(|flight| flight.number), Some(number));
            assert!(flights.at(number).is_none() && flights.current().is_none());
        }
    }
}
