//! Finds the access token in what a request carried: the token itself, a header's value, a header.

use crate::provider::Provider;
use crate::secret::Secret;

/// What the token could be in this text, the likeliest first: as it stands, without a header's name, without a scheme.
pub(crate) fn in_text(provider: &dyn Provider, text: &str) -> Vec<Secret> {
    let text = text.trim();
    let is_ours = |name: &str| names(provider).any(|ours| ours.eq_ignore_ascii_case(name.trim()));
    let value = text.split_once(':').filter(|(name, _)| is_ours(name)).map(|(_, value)| value.trim());
    let values = [Some(text), value].into_iter().flatten();
    let all = values.flat_map(|value| [Some(value), without_scheme(value)]).flatten();
    all.map(Secret::new).collect()
}

/// The value of the header that the system expects the token in, if these hold it.
pub(crate) fn in_headers<'a>(
    provider: &dyn Provider,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Option<&'a str> {
    let names: Vec<_> = names(provider).collect();
    let is_ours = |name: &str| names.iter().any(|ours| ours.eq_ignore_ascii_case(name.trim()));
    headers.into_iter().find(|(name, _)| is_ours(name)).map(|(_, value)| value)
}

/// The headers that carry the token.
pub(crate) fn names(provider: &dyn Provider) -> impl Iterator<Item = &'static str> {
    const TOKEN: &str = "the-token";
    provider.headers(TOKEN).into_iter().filter(|(_, value)| value.ends_with(TOKEN)).map(|(name, _)| name)
}

fn without_scheme(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(char::is_whitespace)?;
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_scheme.then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::SevenG;

    fn found(text: &str) -> Vec<String> {
        let provider = SevenG::builder().environment("test").build().unwrap();
        in_text(&provider, text).into_iter().map(|secret| secret.expose().to_owned()).collect()
    }

    #[test]
    fn a_token_is_found_however_it_was_sent() {
        for text in [
            "ey.made.up",
            " ey.made.up\r\n",
            "Bearer ey.made.up",
            "bearer  ey.made.up",
            "BEARER\tey.made.up",
            "Token ey.made.up",
            "Authorization: Bearer ey.made.up",
            "authorization:ey.made.up",
        ] {
            assert!(found(text).contains(&"ey.made.up".to_owned()), "{text:?}: {:?}", found(text));
        }
        assert_eq!(found("a token of words")[0], "a token of words");
        assert_eq!(found(""), [""]);
        assert!(!found("Version: ey.made.up").contains(&"ey.made.up".to_owned()));
    }

    #[test]
    fn of_headers_it_is_the_one_that_the_system_reads() {
        let provider = SevenG::builder().environment("test").build().unwrap();
        let headers = [("version", "2.0"), ("AUTHORIZATION", "Bearer ey.made.up")];
        assert_eq!(in_headers(&provider, headers), Some("Bearer ey.made.up"));
        assert_eq!(in_headers(&provider, [("Cookie", "ey.made.up")]), None);
    }
}
