//! What time it is at the server, from an answer that may come from a cache: `Date` and `Age` (RFC 9111, 5.1). Pure.

use std::time::Duration;

use super::retry_after::http_date;
use crate::time::UnixTime;

/// An answer that was kept for longer says nothing of now: that its age is right would have to be believed.
const OLDEST: Duration = Duration::from_secs(7 * 86_400);

/// The server's time when the answer came, from all its `Date` and `Age` headers. None if they contradict each other
/// or cannot be read: an hour-old date without its age would make an hour-old code.
pub(crate) fn server_time<'a>(
    dates: impl IntoIterator<Item = &'a str>,
    ages: impl IntoIterator<Item = &'a str>,
) -> Option<UnixTime> {
    let date = http_date(one(dates).ok()??)?;
    match one(ages).ok()? {
        None => Some(date),
        Some(age) => age_of(age).map(|age| date.after(age)),
    }
}

/// Two values of one header that differ.
struct Contradiction;

/// The one value that all these are, if there is any.
fn one<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Option<&'a str>, Contradiction> {
    let mut texts = texts.into_iter().map(str::trim);
    let first = texts.next();
    if texts.all(|other| Some(other) == first) { Ok(first) } else { Err(Contradiction) }
}

fn age_of(text: &str) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=OLDEST.as_secs_f64()).contains(seconds))?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Thu, 01 Jan 2026 00:00:00 GMT";
    const NOW: UnixTime = UnixTime(1_767_225_600_000);

    #[test]
    fn the_age_of_an_answer_is_added_to_its_date() {
        assert_eq!(server_time([DATE], []), Some(NOW));
        assert_eq!(server_time([DATE, DATE], ["3600", " 3600 "]), Some(NOW.after(Duration::from_secs(3600))));
        assert_eq!(server_time([DATE], ["0"]), Some(NOW));
    }

    #[test]
    fn what_contradicts_itself_or_cannot_be_read_says_nothing() {
        assert_eq!(server_time([], ["0"]), None);
        assert_eq!(server_time(["today"], []), None);
        assert_eq!(server_time([DATE, "Thu, 01 Jan 2026 00:00:01 GMT"], []), None);
        for ages in [&["soon"][..], &["-1"], &[""], &["60", "61"], &["1e300"], &["NaN"], &["604801"], &["60, 61"]] {
            assert_eq!(server_time([DATE], ages.iter().copied()), None, "{ages:?}");
        }
    }
}
