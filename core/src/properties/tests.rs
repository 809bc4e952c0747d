//! The checks under proptest and over the kept corpus.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;

use super::strategies::{self, Bytes, answer, certificates, ledger, lines, stored, token};
use super::*;

type Check = fn(&[u8]);

/// The readers, by the names of their fuzz targets.
const READERS: [(&str, Check); 15] = [
    ("base_url", base_url::check),
    ("ca_certificates", ca_certificates::check),
    ("foreign_text", foreign_text::check),
    ("jwt", jwt::check),
    ("ledger", ledger::check),
    ("proxy", proxy::check),
    ("retry_after", retry_after::check),
    ("seven_g", seven_g::check),
    ("seven_g_status", seven_g_status::check),
    ("stored_tokens", stored_tokens::check),
    ("synapsewave_account", synapsewave_account::check),
    ("synapsewave_dealer", synapsewave_dealer::check),
    ("synapsewave_login", synapsewave_login::check),
    ("synapsewave_validate", synapsewave_validate::check),
    ("totp", totp::check),
];

/// The files of a folder beside this crate, by name.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let mut files: Vec<_> = paths
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn every_reader_has_a_fuzz_target() {
    let expected: Vec<_> = READERS.iter().map(|(name, _)| format!("{name}.rs")).collect();
    let found: Vec<_> = files("fuzz_targets").into_iter().map(|(name, _)| name).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_the_corpus_holds_is_read_well() {
    for (reader, check) in READERS {
        let corpus = files(&format!("corpus/{reader}"));
        assert!(!corpus.is_empty(), "{reader} has no corpus");
        for (name, data) in corpus {
            let ended = std::panic::catch_unwind(|| check(&data));
            assert!(ended.is_ok(), "fuzz/corpus/{reader}/{name}: {}", String::from_utf8_lossy(&data));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_bytes_are_read_well(data in vec(any::<u8>(), 0..300).prop_map(Bytes)) {
        for (_, check) in READERS {
            check(&data.0);
        }
    }

    #[test]
    fn answers_of_7g_are_read_well(data in answer(strategies::seven_g())) {
        seven_g::check(&data.0);
        seven_g_status::check(&data.0);
    }

    #[test]
    fn answers_of_7g_without_a_login_are_read_well(data in answer(strategies::seven_g_status())) {
        seven_g_status::check(&data.0);
        seven_g::check(&data.0);
    }

    #[test]
    fn answers_of_synapsewave_are_read_well(data in answer(strategies::synapsewave())) {
        synapsewave_login::check(&data.0);
        synapsewave_dealer::check(&data.0);
        synapsewave_validate::check(&data.0);
        synapsewave_account::check(&data.0);
    }

    #[test]
    fn tokens_are_read_well(data in token()) {
        jwt::check(&data.0);
    }

    #[test]
    fn stored_sessions_are_read_well(data in stored()) {
        stored_tokens::check(&data.0);
    }

    #[test]
    fn stored_ledgers_are_read_well(data in ledger()) {
        ledger::check(&data.0);
    }

    #[test]
    fn times_are_read_well(data in lines(&["(Mon|Thu|Sun), [0-3][0-9] (Jan|Feb|Dec) [0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT", "[ +-]?[0-9]{0,21}"])) {
        retry_after::check(&data.0);
    }

    #[test]
    fn secrets_of_authenticators_are_read_well(
        data in lines(&[
            "[A-Z2-7]{0,40}={0,6}",
            "[a-z2-7 -]{0,40}",
            "otpauth://totp/[a-z:%]{0,8}\\?secret=[A-Z2-7]{0,33}(&(digits|period)=[0-9]{1,4}|&algorithm=(SHA1|sha256|SHA512|MD5)){0,3}",
        ])
    ) {
        totp::check(&data.0);
    }

    #[test]
    fn addresses_are_read_well(
        data in lines(&[
            "(https?|ftp)://([a-z]{1,5}(:[a-z]{1,5})?@)?(localhost|127\\.0\\.0\\.1|\\[::1\\]|10\\.1|[a-z.]{1,10})(:[0-9]{1,5})?(/[a-z.%;\\\\]{0,8}){0,3}[?#]?",
            "[ a-z:/@\\[\\]?#\\\\.0-9]{0,40}",
        ])
    ) {
        base_url::check(&data.0);
        proxy::check(&data.0);
    }

    #[test]
    fn no_foreign_text_tells_a_secret(data in strategies::foreign_text()) {
        foreign_text::check(&data.0);
    }

    #[test]
    fn certificates_are_read_well(data in certificates()) {
        ca_certificates::check(&data.0);
    }
}
