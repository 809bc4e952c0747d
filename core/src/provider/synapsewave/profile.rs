//! The user as an answer describes it: documented names in one spelling, everything else as it came (wire.md 2.3).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::foreign_text::{Secrets, datum, holds_secrets, is_secret, shown};
use crate::grant::{Claims, Profile};
use crate::secret::Secret;

use super::envelope::members;

/// A name of ours, and what the server calls it.
type Names = (&'static str, &'static [&'static str]);

const MEMBERS: &[Names] = &[
    ("user_id", &["user_id", "userID"]),
    ("alias_id", &["alias_id"]),
    ("user_name", &["user_name"]),
    ("user_status", &["user_status"]),
    ("login_time", &["login_time"]),
    ("exchanges", &["exchanges"]),
    ("broadcast_exchanges", &["bcastExchanges"]),
    ("product_types", &["product_types"]),
    ("product_types_by_exchange", &["product_types_exchange"]),
    ("mpin_enabled", &["mpin_enabled"]),
    ("fingerprint_enabled", &["fingerprint_enabled"]),
    ("totp_enabled", &["totp_enabled"]),
    ("ptn_type", &["ptnType", "ptn_type"]),
];

const MEMBERS_OF_OTHERS: &[Names] = &[
    ("user_code", &["userCode"]),
    ("group_id", &["groupId"]),
    ("group_code", &["groupCode"]),
    ("news_categories", &["newsCategories"]),
    ("message_socket", &["messageSocket"]),
    ("broadcast_socket", &["broadCastSocket"]),
    ("second_broadcast_sockets", &["secondBroadCastSocket"]),
    ("poa", &["POA"]),
    ("gtd_default_days", &["nGTDDefault"]),
    ("gtd_max_days", &["nGTDMaxDays"]),
    ("gtd_validity_name", &["sGTDValidityName"]),
    ("gtd_config_details", &["sGTDConfigDetails"]),
    ("manager_ip", &["managerIP"]),
    ("tsl_allowed", &["tslAllowed"]),
    ("edis_for_mtf", &["edisForMTF"]),
    ("show_jump_price_both_ltp_and_trigger_price", &["showJumpPriceBothLtpAndTriggerPrice"]),
    ("password_expiry_days", &["passExpDays"]),
    ("amo_allowed", &["bAMOAllowedForUser"]),
    ("max_order_slices", &["maxOrderSlices"]),
    ("participant_code", &["participantCode"]),
    ("derivatives_participant_code", &["dervParticipantCode"]),
];

const SECRETS: &[Names] = &[
    ("session_token", &["session_token"]),
    ("oc_token", &["ocToken"]),
    ("cft", &["CFT"]),
    ("broadcast_token", &["broadcast_access_token", "broadcase_access_token"]),
];

/// What the session itself is made of.
const TOKENS: &[&str] = &["access_token", "dealer_token", "register_token"];

/// wire.md 2.3, 2.10.14: numbers and truths, which some servers write as texts.
const NUMBERS: [&str; 4] = ["gtd_default_days", "gtd_max_days", "max_order_slices", "user_status"];
const TRUTHS: [&str; 6] = [
    "mpin_enabled",
    "fingerprint_enabled",
    "totp_enabled",
    "edis_for_mtf",
    "show_jump_price_both_ltp_and_trigger_price",
    "amo_allowed",
];
/// What is neither of these, nor one of the lists below, is a text.
const LISTS: [&str; 5] =
    ["exchanges", "broadcast_exchanges", "product_types", "second_broadcast_sockets", "tsl_allowed"];
const OBJECTS: [&str; 1] = ["product_types_by_exchange"];

/// Reads the data of an answer that grants access or asks for a second factor. What holds one of `known` is secret too.
pub(super) fn read(mut data: Map<String, Value>, known: &Secrets) -> Profile {
    take(&mut data, TOKENS);
    let others = take(&mut data, &["others"]);
    let lifted = others.as_ref().and_then(members);
    let mut profile = Profile::default();
    lift(&mut data, MEMBERS, &mut profile, known);
    let others = match lifted {
        Some(mut others) => {
            lift(&mut others, MEMBERS_OF_OTHERS, &mut profile, known);
            Some(Value::Object(others))
        }
        None => others,
    };
    let mut others = others.and_then(|others| clean("", others, &mut profile.secrets, known));
    for (name, value) in data {
        let Some(value) = keep(&name, &name, value, &mut profile.secrets, known) else { continue };
        if is_ours(&name) {
            // It means the same as a name of ours, and would pass for it in some language.
            others = Some(among(others, name, value));
        } else {
            profile.fields.entry(datum(&name)).or_insert(value);
        }
    }
    let others = others.filter(|others| others.as_object().is_none_or(|others| !others.is_empty()));
    profile.fields.extend(others.map(|others| ("others".to_owned(), others)));
    profile
}

/// wire.md 2.3: the user as the claims of an access token name it. `userid` is a number of the server's own.
pub(super) fn of_claims(claims: &Claims, known: &Secrets) -> Profile {
    const NAMES: [(&str, &str); 4] =
        [("user_id", "userId"), ("user_code", "userCode"), ("group_id", "groupId"), ("group_code", "groupCode")];
    let member = |name: &str| claims.get("memberInfo").and_then(|info| info.get(name)).or_else(|| claims.get(name));
    let named = NAMES.iter().filter_map(|(name, claim)| Some((*name, typed(name, member(claim)?.clone()).ok()?)));
    let fields = named.map(|(name, value)| (name.to_owned(), value)).collect();
    let fields = shown(fields, known);
    Profile { fields, secrets: BTreeMap::new() }
}

/// Moves what is known by name from `data` into the profile.
fn lift(data: &mut Map<String, Value>, names: &[Names], profile: &mut Profile, known: &Secrets) {
    for (name, spellings) in names {
        let value = take(data, spellings).and_then(|value| clean(name, value, &mut profile.secrets, known));
        match value.map(|value| typed(name, value)) {
            Some(Ok(value)) => drop(profile.fields.insert((*name).to_owned(), value)),
            // Of another type than the documents say: kept as it came, under the server's own name.
            Some(Err(value)) => drop(data.insert(spellings[0].to_owned(), value)),
            None => {}
        }
    }
    for (name, spellings) in SECRETS {
        if let Some(value) = take(data, spellings).and_then(|value| secret(&value)) {
            profile.secrets.entry((*name).to_owned()).or_insert(value);
        }
    }
}

/// `others` with one more member.
fn among(others: Option<Value>, name: String, value: Value) -> Value {
    let mut members = match others {
        Some(Value::Object(members)) => members,
        Some(other) => Map::from_iter([("others".to_owned(), other)]),
        None => Map::new(),
    };
    members.entry(name).or_insert(value);
    Value::Object(members)
}

/// The value as the documented type of this name, or as it is.
fn typed(name: &str, value: Value) -> Result<Value, Value> {
    let value = if NUMBERS.contains(&name) { number(value) } else { value };
    let value = match &value {
        Value::String(text) if TRUTHS.contains(&name) => match &*text.trim().to_ascii_lowercase() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => value,
        },
        Value::Number(number) if is_text(name) => Value::from(number.to_string()),
        _ => value,
    };
    let fits = match &value {
        Value::Number(_) => NUMBERS.contains(&name),
        Value::Bool(_) => TRUTHS.contains(&name),
        Value::Array(_) => LISTS.contains(&name),
        Value::Object(_) => OBJECTS.contains(&name),
        Value::String(_) => is_text(name),
        Value::Null => false,
    };
    if fits { Ok(value) } else { Err(value) }
}

fn is_text(name: &str) -> bool {
    ![&NUMBERS[..], &TRUTHS[..], &LISTS[..], &OBJECTS[..]].iter().any(|names| names.contains(&name))
}

/// Whether a name of the server's is one of ours but for how words are joined.
fn is_ours(name: &str) -> bool {
    let joined = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let name = joined(name);
    MEMBERS.iter().chain(MEMBERS_OF_OTHERS).any(|(ours, _)| joined(ours) == name)
}

/// Removes all spellings of a name, in any case; the first that has a value counts.
fn take(data: &mut Map<String, Value>, spellings: &[&str]) -> Option<Value> {
    let mut found = None;
    for spelling in spellings {
        let keys: Vec<String> = data.keys().filter(|key| key.eq_ignore_ascii_case(spelling)).cloned().collect();
        for key in keys {
            let value = data.remove(&key).filter(|value| !value.is_null());
            found = found.or(value);
        }
    }
    found
}

/// What may be shown of a value that goes by this name; the rest is moved to `secrets`.
fn keep(
    name: &str,
    path: &str,
    value: Value,
    secrets: &mut BTreeMap<String, Secret>,
    known: &Secrets,
) -> Option<Value> {
    if is_secret(name) && !value.is_boolean() {
        secrets.extend(secret(&value).map(|value| (path.to_owned(), value)));
        return None;
    }
    clean(path, value, secrets, known)
}

/// Parts what a value is made of: a secret inside goes by its path.
fn clean(path: &str, value: Value, secrets: &mut BTreeMap<String, Secret>, known: &Secrets) -> Option<Value> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => None,
        Value::Object(members) => {
            let kept = members.into_iter().filter_map(|(name, value)| {
                let kept = keep(&name, &below(&name), value, secrets, known)?;
                Some((datum(&name), kept))
            });
            Some(Value::Object(kept.collect()))
        }
        Value::Array(list) => {
            let kept = list.into_iter().enumerate();
            Some(kept.filter_map(|(index, value)| clean(&below(&index.to_string()), value, secrets, known)).collect())
        }
        // A text may hold JSON that holds a secret.
        Value::String(text) if holds_secrets(&Value::from(&*text)) || known.are_whole_in(&text) => {
            secrets.insert(path.to_owned(), Secret::new(text));
            None
        }
        Value::String(text) => Some(Value::String(datum(&text))),
        shown => Some(shown),
    }
}

fn secret(value: &Value) -> Option<Secret> {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    (!text.is_empty() && !value.is_null()).then(|| Secret::new(text))
}

fn number(value: Value) -> Value {
    let read = value.as_str().and_then(|text| text.trim().parse::<i64>().ok());
    read.map_or(value, Value::from)
}
