//! What a page of HTML is called: the one part of it that is known to hold no token.

use super::readings::as_shown;

/// What is read of a page: a title stands at its beginning.
const READ: usize = 1 << 16;
const LONGEST_TITLE: usize = 1 << 10;

/// The title of the page, else its first heading; None if the text is no page.
pub(crate) fn title(body: &[u8]) -> Option<String> {
    let body = body.get(..READ).unwrap_or(body);
    let body = match std::str::from_utf8(body) {
        Ok(body) => body,
        // Cut in the middle of a character.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&body[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let body = body.trim_start_matches('\u{feff}').trim_start();
    if !body.starts_with('<') || body.contains('\0') {
        return None;
    }
    let found = ["title", "h1", "h2"].iter().find_map(|tag| inside(body, tag));
    found.map(as_shown)
}

/// The text between a tag and its end.
fn inside<'a>(body: &'a str, tag: &str) -> Option<&'a str> {
    let lower = body.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find('<') {
        let start = from + found + 1;
        let after = lower[start..].strip_prefix(tag);
        if after.is_some_and(|after| after.starts_with(|next: char| next == '>' || next.is_ascii_whitespace())) {
            let start = start + lower[start..].find('>')? + 1;
            let end = start + lower[start..].find(&format!("</{tag}"))?;
            let text = &body[start..end];
            let end = text.char_indices().nth(LONGEST_TITLE).map_or(text.len(), |(end, _)| end);
            return Some(&text[..end]);
        }
        from = start;
    }
    None
}
