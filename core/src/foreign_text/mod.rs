//! The door for foreign text. Whatever a server, a certificate or a library says passes it on its way into a message, an
//! attribute, a claim, a repr or a log.
//!
//! What is promised of the words of a server (`server_code`, `server_message`, `snippet`, what a call of an account
//! returns):
//!
//! - They are one line of 201 characters at most, without a control, format, private or unassigned character.
//! - No run of five characters of a secret that the request carried, that the provider holds, or that the answer itself
//!   has by the name of one is in them; of a secret of fewer characters, no half of it. That holds of the text as it is and
//!   of what it reads as once HTML entities, percent signs, the escapes of JSON and of programming languages, quoted-printable,
//!   base64, hexadecimal and decimal numbers and wrongly read UTF-8 or UTF-16 are undone, one in the other, however
//!   compatibility forms, case, accents, separators and invisible characters differ.
//! - A secret that stands in them as it is becomes `[redacted]`; a text that shows one in any other way is withheld whole.
//! - Nothing is shown of a body but the message of an error in JSON and the title of a page.
//!
//! What is promised of data (claims, profiles): texts are printable and bounded, nothing is shown that is secret by its name,
//! and no text that holds a whole secret.
//!
//! What is not: a secret that is translated, reversed by some other rule or spread over several texts is not known again.
//!
//! All work is bounded before it begins: the text is cut first, and of more than 64 secrets nothing is compared: then
//! nothing is shown.

mod canonical;
mod data;
mod entities;
mod names;
mod page;
mod printable;
mod readings;
mod secrets;
#[cfg(test)]
mod tests;

pub(crate) use data::{datum, shown};
pub(crate) use names::{holds_secrets, is_secret};
pub(crate) use page::title;
pub(crate) use printable::{Brief, is_printable, one_line};
pub(crate) use secrets::{LONGEST_TEXT, Secrets, WITHHELD};
