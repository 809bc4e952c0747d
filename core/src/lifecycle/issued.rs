//! The access tokens that one session has had, by their hashes: a report of one of them is no stranger's.

use std::fmt;
use std::sync::Arc;

use ring::digest;

use crate::secret::Secret;

/// Of how many tokens the session knows that they were its own: two weeks of them where each lives twenty minutes.
const MOST: usize = 1024;

type Mark = [u8; 16];

/// What a session was given, the newest last. It goes along with the newest, so that a forked child has it too.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Issued(Arc<[Mark]>);

impl Issued {
    /// The tokens `before` and this one.
    pub(super) fn and(before: Option<&Self>, token: &Secret) -> Self {
        let before = before.map_or(&[][..], |issued| &issued.0);
        let kept = &before[before.len().saturating_sub(MOST - 1)..];
        Self(kept.iter().copied().chain([mark(token)]).collect())
    }

    pub(super) fn contains(&self, token: &Secret) -> bool {
        self.0.contains(&mark(token))
    }
}

fn mark(token: &Secret) -> Mark {
    let hash = digest::digest(&digest::SHA256, token.expose().as_bytes());
    let mut mark = Mark::default();
    mark.copy_from_slice(&hash.as_ref()[..16]);
    mark
}

impl fmt::Debug for Issued {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Issued({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_knows_its_latest_tokens_and_no_others() {
        let token = |number: usize| Secret::new(format!("made-up-{number}"));
        let mut issued = Issued::and(None, &token(0));
        for number in 1..=MOST {
            issued = Issued::and(Some(&issued), &token(number));
        }
        assert_eq!(issued.0.len(), MOST);
        assert!(!issued.contains(&token(0)) && issued.contains(&token(1)) && issued.contains(&token(MOST)));
        assert!(!issued.contains(&Secret::new("a stranger's")) && !issued.contains(&Secret::new("")));
    }
}
