//! What a session may do and how long its calls wait, by its provider and options.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::{Keeper, Need};
use crate::factor::{Factor, Source};
use crate::lifecycle::Rules;
use crate::policy::Options;
use crate::provider::Provider;

impl Keeper {
    /// How long a call waits for tokens unless it says otherwise: where they come of a login, a code may have to be
    /// waited for as well.
    pub(crate) fn wait_limit(&self) -> Duration {
        if self.provider.is_attended() { self.options.call_limit() } else { self.login_limit() }
    }

    /// Whether a call that waits for `limit` waits longer than is usual for what it needs. Nobody is so patient where each
    /// login asks a human.
    pub(super) fn is_patient(&self, need: Need, limit: Duration) -> bool {
        let usual = match need {
            Need::Token => self.wait_limit(),
            Need::Rotation => self.login_limit(),
        };
        limit > usual && !self.provider.is_attended()
    }

    /// How long a call waits for a login unless it says otherwise: a factor takes time, such as a human's. Who gave a time
    /// limit does not wait longer than that for a code.
    pub(crate) fn login_limit(&self) -> Duration {
        let in_time = |source: &Source| !(self.options.has_call_limit() && matches!(source, Source::Totp(_)));
        let longest = sources(&*self.provider).filter(in_time).map(Source::limit).max().unwrap_or_default();
        self.options.call_limit().saturating_add(longest)
    }
}

/// Where the values of a login come from that are not all held.
fn sources(provider: &dyn Provider) -> impl Iterator<Item = Source<'_>> {
    [provider.first_value(), provider.second_factor().map(Factor::source)].into_iter().flatten()
}

/// How long a login may wait for a step whose code nobody has used.
fn step_limit(provider: &dyn Provider) -> Duration {
    let steps = sources(provider).filter(|source| matches!(source, Source::Totp(_)));
    steps.map(Source::limit).max().unwrap_or_default()
}

/// Sessions that follow each other mostly have the same rules: those are kept in memory once.
pub(super) fn rules(provider: &dyn Provider, options: &Options) -> Arc<Rules> {
    static LATEST: ArcSwapOption<Rules> = ArcSwapOption::const_empty();
    let rules = Rules {
        can_login: provider.check_login().is_ok(),
        attended: provider.is_attended(),
        one_login: provider.is_for_one_login(),
        holds_factor: provider.second_factor().is_some(),
        fresh_codes: provider.has_fresh_codes(),
        renewal: provider.renewal(),
        may_relogin: options.may_relogin(),
        keep_alive: options.keeps_alive(),
        ended_elsewhere: provider.is_ended_elsewhere(),
        margins: options.margins(),
        flight_limit: options.call_limit().saturating_add(step_limit(provider)),
        replay_grace: provider.replay_grace(),
        default_lifetime: provider.default_lifetime(),
    };
    match &*LATEST.load() {
        Some(latest) if **latest == rules => Arc::clone(latest),
        _ => {
            let rules = Arc::new(rules);
            LATEST.store(Some(Arc::clone(&rules)));
            rules
        }
    }
}
