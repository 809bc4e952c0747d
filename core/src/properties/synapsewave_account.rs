//! Synapsewave's answers to the calls that manage a user's factors.

use crate::error::Error;
use crate::provider::account_operation::{Operation, REGISTER_TOTP, SEND_OTP, VERIFY_OTP};
use crate::provider::{AccountReply, Answer, read_account};
use crate::secret::Secret;

use super::answer::{Written, check_error, check_text, said};
use super::synapsewave::{API_KEY, SENT, assert_redacted, check_redacted};

/// One call of each kind: it yields nothing, a token, an authenticator.
pub fn check(data: &[u8]) {
    let answer = Written::read(data).answer;
    for (operation, yields) in [(&SEND_OTP, false), (&VERIFY_OTP, true), (&REGISTER_TOTP, true)] {
        check_call(operation, yields, &answer);
    }
}

fn read(operation: &Operation, answer: &Answer) -> Result<AccountReply, Error> {
    read_account(operation, answer, vec![Secret::new(SENT), Secret::new(API_KEY)])
}

fn check_call(operation: &Operation, yields: bool, answer: &Answer) {
    match (read(operation, answer), read(operation, answer)) {
        (Ok(reply), Ok(again)) => {
            assert!(answer.is_success(), "HTTP {}", answer.status);
            assert!(reply.message == again.message && reply.secret == again.secret);
            assert!(reply.qr_image == again.qr_image && reply.user_id == again.user_id);
            assert_eq!(reply.secret.is_some(), yields, "{}", operation.name);
            for secret in [&reply.secret, &reply.qr_image].into_iter().flatten() {
                assert!(!secret.expose().trim().is_empty() || operation.name == REGISTER_TOTP.name);
                assert!(said(answer).iter().any(|text| text == secret.expose()), "a secret of nowhere");
            }
            check_text(&reply.message);
            assert_redacted(&reply.message, answer);
            assert!(!reply.message.contains(SENT) && !reply.message.contains(API_KEY), "{}", reply.message);
        }
        (Err(error), Err(again)) => {
            assert_eq!(format!("{error:?}"), format!("{again:?}"));
            check_error(&error, answer, &[SENT, API_KEY]);
            check_redacted(&error, answer);
        }
        _ => panic!("{} reads one answer in two ways", operation.name),
    }
}
