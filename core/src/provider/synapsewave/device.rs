//! What a login tells of the program and the device that it runs on. All of it is optional (wire.md 2.3).

use serde_json::{Map, Value};

use crate::error::Error;
use crate::secret::Secret;

use super::body::Body;
use super::checks;

/// Nothing of it unless given.
#[derive(Clone, Default)]
pub(super) struct Device {
    pub(super) udid: Option<Secret>,
    pub(super) version: Option<String>,
    pub(super) build_version: Option<String>,
    pub(super) info: Map<String, Value>,
}

impl Device {
    pub(super) fn check(&self) -> Result<(), Error> {
        let Self { udid, version, build_version, info } = self;
        for (field, value) in [
            ("udid", udid.as_ref().map(Secret::expose)),
            ("version", version.as_deref()),
            ("build_version", build_version.as_deref()),
        ] {
            value.map_or(Ok(()), |value| checks::text(field, value))?;
        }
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
        if info.iter().any(|(name, value)| name.trim().is_empty() || !is_text(value)) {
            let message = "device_info holds something else than names and texts. Leave off what is not known.";
            return Err(Error::invalid("device_info", message));
        }
        Ok(())
    }

    pub(super) fn describe(&self, body: Body) -> Body {
        let body = body
            .maybe("UDID", self.udid.as_ref().map(Secret::expose))
            .maybe("version", self.version.as_deref())
            .maybe("build_version", self.build_version.as_deref());
        if self.info.is_empty() { body } else { body.value("deviceinfo", Value::Object(self.info.clone())) }
    }

    /// What of it identifies the device, or is a key to it.
    pub(super) fn secrets(&self) -> impl Iterator<Item = Secret> {
        let telling = |name: &str| name.eq_ignore_ascii_case("UDID") || name.eq_ignore_ascii_case("FCMRegKey");
        let info = self.info.iter().filter(move |(name, _)| telling(name));
        self.udid.clone().into_iter().chain(info.filter_map(|(_, value)| value.as_str().map(Secret::from)))
    }
}
