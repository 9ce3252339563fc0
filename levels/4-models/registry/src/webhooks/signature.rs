//! How a receiver knows that a delivery is ours, whole, and new: the scheme of Standard Webhooks
//! (<https://www.standardwebhooks.com>), with MLflow's names of the headers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

pub(crate) const SIGNATURE: &str = "X-MLflow-Signature";
pub(crate) const TIMESTAMP: &str = "X-MLflow-Timestamp";
pub(crate) const DELIVERY_ID: &str = "X-MLflow-Delivery-Id";

/// `v1,` and the HMAC-SHA256 of `delivery.seconds.body` under the secret, in base64.
pub(crate) fn sign(secret: &str, delivery: &str, seconds: &str, body: &str) -> String {
    // HMAC takes a key of any length, so there is no error to come; without a key nothing would verify.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    for part in [delivery, ".", seconds, ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::sign;

    /// Computed by MLflow 3.18.0's own function.
    #[test]
    fn it_is_the_one_that_mlflow_makes() {
        let made = sign("my_secret", "d-1", "1700000000", r#"{"entity": "model_version"}"#);
        assert_eq!(made, "v1,sgw41b6E4MBuvhtnPwGS6nvi/rnq/VoC3vekepLU2nE=");
    }
}
