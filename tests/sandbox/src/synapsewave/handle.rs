//! What the handle of a sandbox can do with the Synapsewave API alone.

use super::outbox::{Purpose, Sent};
use crate::sandbox::Sandbox;
use crate::state::State;

impl Sandbox {
    /// Where the Synapsewave API is: [`Self::url`] and the setting `synapsewave.path_prefix`.
    pub fn synapsewave_url(&self) -> String {
        self.url() + &self.shared().state().settings.synapsewave.path_prefix
    }

    /// The OTPs that the Synapsewave API has sent to its users, oldest first.
    pub fn outbox(&self) -> Vec<Sent> {
        self.shared().state().systems.synapsewave.outbox().to_vec()
    }

    /// Sends a login OTP to a user of the Synapsewave API, as if asked for by other means than the API, and tells it.
    ///
    /// # Errors
    /// A text, if there is no such user.
    pub fn send_otp(&self, user_id: &str) -> Result<String, String> {
        let mut state = self.shared().state();
        let now = self.shared().now(&state);
        let State { systems, settings, .. } = &mut *state;
        systems.synapsewave.send_otp(user_id, Purpose::Login, now, settings)
    }

    /// The TOTP that a user of the Synapsewave API would read off now, by the server's clock.
    ///
    /// # Errors
    /// A text, if there is no such user, or the user has no TOTP secret.
    pub fn totp(&self, user_id: &str) -> Result<String, String> {
        let state = self.shared().state();
        state.systems.synapsewave.totp(user_id, self.shared().now(&state))
    }
}
