//! The time in India: half an hour past five hours ahead of UTC, all the year round.

const OFFSET: i64 = 19_800;
const DAY: i64 = 86_400;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The last second of the day in India, in seconds since 1970. Takes milliseconds since 1970.
pub(super) fn end_of_day(now: i64) -> i64 {
    let day = (now.div_euclid(1000) + OFFSET).div_euclid(DAY);
    (day + 1) * DAY - 1 - OFFSET
}

/// As users' logins write it: `2026-Jan-05 10:33:53`.
pub(super) fn with_month_name(now: i64) -> String {
    let (year, month, day, time) = parts(now);
    let month = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&MONTHS[0]);
    format!("{year:04}-{month}-{day:02} {time}")
}

/// As dealers' logins write it: `2026-01-05 10:33:53`.
pub(super) fn in_digits(now: i64) -> String {
    let (year, month, day, time) = parts(now);
    format!("{year:04}-{month:02}-{day:02} {time}")
}

/// Year, month, day, and the time of day.
fn parts(now: i64) -> (i64, i64, i64, String) {
    let seconds = now.div_euclid(1000) + OFFSET;
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let time = seconds.rem_euclid(DAY);
    (year, month, day, format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60))
}

/// The date of a day counted from 1970-01-01, by the proleptic Gregorian calendar. Years begin in March here, so that
/// the leap day is their last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_half_past_six_in_the_evening_of_utc() {
        // 2026-01-05T18:29:59Z is the last second of 5 January in India.
        let last = 1_767_637_799;
        assert_eq!(end_of_day(last * 1000 + 999), last);
        assert_eq!(end_of_day((last + 1) * 1000), last + DAY);
        assert_eq!(with_month_name(last * 1000), "2026-Jan-05 23:59:59");
        assert_eq!(in_digits((last + 1) * 1000), "2026-01-06 00:00:00");
    }

    #[test]
    fn leap_days_and_the_time_before_1970_are_dates_too() {
        assert_eq!(in_digits(1_709_164_800_000), "2024-02-29 05:30:00");
        assert_eq!(with_month_name(1_735_583_400_000), "2024-Dec-31 00:00:00");
        assert_eq!(in_digits(-86_400_000), "1969-12-31 05:30:00");
    }
}
