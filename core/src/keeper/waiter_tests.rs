use super::*;
use crate::policy::Options;
use crate::simulation;

/// The timer and the flight are looked at one after the other, and another thread may end the flight between.
#[test]
fn a_flight_that_ends_as_the_time_runs_out_is_the_callers() {
    let keeper = Keeper::new(simulation::some_provider(), Options::default());
    let (sender, receiver) = watch::channel(Progress::UnderWay);
    let waiter = Waiter::new(keeper, receiver);
    let mut call = Call { limit: Duration::from_secs(4), ..Call::default() };
    let (result, _) = waiter.time_is_up(&mut call);
    assert_eq!((result.unwrap_err().code(), call.up), (ErrorCode::Timeout, true));
    let ended = Error::new(ErrorCode::AccessDenied, "an end");
    sender.send(Progress::Ended(Err(ended), Some(BootTime(7)))).unwrap();
    let mut call = Call { limit: Duration::from_secs(4), ..Call::default() };
    let (result, good_until) = waiter.time_is_up(&mut call);
    assert_eq!((result.unwrap_err().code(), call.up), (ErrorCode::AccessDenied, false));
    assert_eq!(good_until, Some(BootTime(7)));
}
