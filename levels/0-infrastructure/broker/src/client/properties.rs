//! A file of client properties, as people have it for their other Kafka clients.

use std::collections::BTreeMap;

use strata_config::Secret;

use super::{Error, Options, Sasl, SaslMechanism, Security, Tls};

impl Options {
    /// The log at these brokers, reached with these properties: lines of `name=value`, with `#` before comments. The names
    /// are librdkafka's, most of which are Java's; those that this module does not know are handed on.
    pub fn from_properties(bootstrap: &str, text: &str) -> Result<Self, Error> {
        let mut named = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || line.starts_with('!') {
                continue;
            }
            // The value is not told: it may be a secret.
            let wrong = || Error::Options(format!("line {} of the properties is not name=value", number + 1));
            let (name, value) = line.split_once('=').ok_or_else(wrong)?;
            named.insert(name.trim().to_owned(), value.trim().to_owned());
        }
        named.remove("bootstrap.servers");
        let mut options = Self::new(bootstrap);
        if let Some(client) = named.remove("client.id") {
            options.client = client;
        }
        let protocol = named.remove("security.protocol").unwrap_or_else(|| "PLAINTEXT".to_owned()).to_uppercase();
        let (tls, sasl) = match protocol.as_str() {
            "PLAINTEXT" => (false, false),
            "SSL" => (true, false),
            "SASL_PLAINTEXT" => (false, true),
            "SASL_SSL" => (true, true),
            _ => {
                let known = "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL";
                return Err(Error::Options(format!("security.protocol is {known}, not `{protocol}`")));
            }
        };
        if tls {
            let mut file = |name: &str| named.remove(name).map(Into::into);
            let (authorities, certificate) = (file("ssl.ca.location"), file("ssl.certificate.location"));
            let key = file("ssl.key.location");
            let key_password = named.remove("ssl.key.password").map(Secret::new);
            options.security = Security::Tls(Tls { authorities, certificate, key, key_password });
        }
        if sasl {
            options.sasl = Some(sasl_of(&mut named)?);
        }
        options.properties = named.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
        Ok(options)
    }
}

fn sasl_of(named: &mut BTreeMap<String, String>) -> Result<Sasl, Error> {
    let mechanism = named.remove("sasl.mechanism").or_else(|| named.remove("sasl.mechanisms"));
    let mechanism = match mechanism.as_deref() {
        None | Some("PLAIN") => SaslMechanism::Plain,
        Some("SCRAM-SHA-256") => SaslMechanism::ScramSha256,
        Some("SCRAM-SHA-512") => SaslMechanism::ScramSha512,
        Some(other) => {
            let known = "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512";
            return Err(Error::Options(format!("sasl.mechanism is {known}, not `{other}`")));
        }
    };
    let mut needed = |name: &str| {
        let missing = || Error::Options(format!("security.protocol asks for {name}, which is not there"));
        named.remove(name).ok_or_else(missing)
    };
    Ok(Sasl { mechanism, user: needed("sasl.username")?, password: Secret::new(needed("sasl.password")?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_file_is_understood() {
        let text = "# our cluster\nsecurity.protocol=SASL_SSL\nsasl.mechanism = SCRAM-SHA-512\nsasl.username=strata\n\
                    sasl.password=hunter2=\nssl.ca.location=/etc/ca.pem\nsocket.timeout.ms=1234\n";
        let options = Options::from_properties("a:9093,b:9093", text).unwrap();
        let tls = Tls { authorities: Some("/etc/ca.pem".into()), ..Tls::default() };
        let sasl = Sasl {
            mechanism: SaslMechanism::ScramSha512,
            user: "strata".to_owned(),
            password: Secret::new("hunter2="),
        };
        assert_eq!((options.security, options.sasl), (Security::Tls(tls), Some(sasl)));
        assert_eq!(options.properties.keys().collect::<Vec<_>>(), ["socket.timeout.ms"]);
        assert_eq!(Options::from_properties("a:9092", "").unwrap(), Options::new("a:9092"));
    }

    #[test]
    fn what_is_wrong_is_told_without_its_value() {
        for (text, words) in [
            ("hunter2", "line 1 of the properties is not name=value"),
            ("security.protocol=TLS", "not `TLS`"),
            ("security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI", "not `GSSAPI`"),
            ("security.protocol=SASL_SSL\nsasl.username=me", "asks for sasl.password"),
        ] {
            let error = Options::from_properties("a:9092", text).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("hunter"), "{error}");
        }
    }
}
