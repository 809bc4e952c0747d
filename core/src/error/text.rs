//! What an error says to somebody who sees its text alone.

use std::fmt;

use super::Error;

impl fmt::Display for Error {
    /// The message, and what it is to be understood by: a notebook shows nothing else.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)?;
        self.details_in_words().into_iter().try_for_each(|words| write!(formatter, " {words}"))
    }
}

impl Error {
    /// What the message does not say of the values that somebody needs who reads it.
    fn details_in_words(&self) -> Vec<String> {
        let inner = &*self.0;
        let untold = |text: &&str| !inner.message.contains(*text);
        let code = self.server_code().filter(untold);
        let said = match (self.server_message().filter(untold), code) {
            (Some(words), Some(code)) => Some(format!("The server says: {words} ({code})")),
            (Some(words), None) => Some(format!("The server says: {words}")),
            (None, Some(code)) => Some(format!("The server's code is {code}.")),
            (None, None) => None,
        };
        // Where the server's words could be read they are all that the snippet says.
        let snippet = self.snippet().filter(|_| self.server_message().is_none()).filter(untold);
        let methods = Some(inner.methods.join(", ")).filter(|methods| !methods.is_empty());
        let key = inner.key.as_deref().filter(untold);
        [
            said,
            snippet.map(|snippet| format!("The answer: {snippet}")),
            methods.map(|methods| format!("The server takes: {methods}.")),
            key.map(|key| format!("(The key is {key}.)")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ErrorCode;
    use super::*;
    use crate::time::UnixTime;

    #[test]
    fn the_text_holds_what_somebody_needs_who_sees_nothing_else() {
        let error = Error::new(ErrorCode::AccessDenied, "The server refused the login (HTTP 403).");
        let said = |code: &str, words: &str| {
            let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            error.clone().with_server(given(code), given(words)).with_snippet(words).to_string()
        };
        let told = "The server refused the login (HTTP 403).";
        assert_eq!(said("", ""), told);
        assert_eq!(said("", "Disabled"), format!("{told} The server says: Disabled"));
        assert_eq!(said("e-14", "Disabled"), format!("{told} The server says: Disabled (e-14)"));
        assert_eq!(said("e-14", ""), format!("{told} The server's code is e-14."));
        assert_eq!(said("", "HTTP 403"), told, "it is said already");
        let (now, then) = (UnixTime(784_111_777_000), UnixTime(784_111_837_500));
        let later = error.clone().trying_again(now, then);
        assert_eq!(later.retry_at(), Some(then));
        assert_eq!(later.to_string(), format!("{told} Try again at 08:50:38 UTC (in 1 min 1 s)."));
        assert_eq!(error.clone().trying_again(now, None).to_string(), told);
        let withheld = error.clone().with_snippet("[withheld: 9 bytes of text/html]");
        assert_eq!(withheld.to_string(), format!("{told} The answer: [withheld: 9 bytes of text/html]"));
        let factors = error.with_methods(&["otp".to_owned(), "totp".to_owned()]);
        assert_eq!(factors.to_string(), format!("{told} The server takes: otp, totp."));
        let stored = Error::store("https://api.example|user", std::io::Error::other("full"));
        assert_eq!(stored.to_string(), "The session store failed: full (The key is https://api.example|user.)");
    }
}
