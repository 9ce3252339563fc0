//! Where a log is and how to get in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use strata_config::Secret;

/// Where a log is and how to get in. Prints no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Brokers to ask first, `host:port` with `,` between.
    pub bootstrap: String,
    /// The name by which this client is known in the broker's logs.
    pub client: String,
    /// How the connection is protected.
    pub security: Security,
    /// Who this is, if the broker asks.
    pub sasl: Option<Sasl>,
    /// Further properties of librdkafka, by its names. What keeps the promises of this module is not among them: it is
    /// set last.
    pub properties: BTreeMap<String, Secret>,
}

/// How a connection is protected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// Not at all: for this machine only.
    #[default]
    None,
    /// By TLS.
    Tls(Tls),
}

/// Who trusts whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Certificates (PEM) that are trusted; `None`: those of the system.
    pub authorities: Option<PathBuf>,
    /// This client's certificate (PEM), if the broker asks for one.
    pub certificate: Option<PathBuf>,
    /// The certificate's key (PEM).
    pub key: Option<PathBuf>,
    /// What the key is locked with.
    pub key_password: Option<Secret>,
}

/// Name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sasl {
    /// How they are shown to the broker.
    pub mechanism: SaslMechanism,
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// How name and password are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaslMechanism {
    /// As they are: behind TLS only.
    Plain,
    /// As proof of knowing them, by SHA-256.
    ScramSha256,
    /// As proof of knowing them, by SHA-512.
    ScramSha512,
}

impl Options {
    /// A log without protection, such as the embedded one.
    pub fn new(bootstrap: impl Into<String>) -> Self {
        Self {
            bootstrap: bootstrap.into(),
            client: "strata".to_owned(),
            security: Security::None,
            sasl: None,
            properties: BTreeMap::new(),
        }
    }

    /// What librdkafka is told, before producer and consumer add theirs.
    pub(super) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (name, value) in &self.properties {
            config.set(name, value.expose());
        }
        config.set("bootstrap.servers", &self.bootstrap).set("client.id", &self.client);
        // A broker that was restarted is found again soon.
        config.set("reconnect.backoff.ms", "50").set("reconnect.backoff.max.ms", "1000");
        let protocol = match (&self.security, &self.sasl) {
            (Security::None, None) => "PLAINTEXT",
            (Security::None, Some(_)) => "SASL_PLAINTEXT",
            (Security::Tls(_), None) => "SSL",
            (Security::Tls(_), Some(_)) => "SASL_SSL",
        };
        config.set("security.protocol", protocol);
        if let Security::Tls(tls) = &self.security {
            config
                .set("enable.ssl.certificate.verification", "true")
                .set("ssl.endpoint.identification.algorithm", "https");
            let files = [
                ("ssl.ca.location", &tls.authorities),
                ("ssl.certificate.location", &tls.certificate),
                ("ssl.key.location", &tls.key),
            ];
            for (name, path) in files {
                if let Some(path) = path {
                    config.set(name, path.to_string_lossy());
                }
            }
            if let Some(password) = &tls.key_password {
                config.set("ssl.key.password", password.expose());
            }
        }
        if let Some(sasl) = &self.sasl {
            let mechanism = match sasl.mechanism {
                SaslMechanism::Plain => "PLAIN",
                SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
                SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
            };
            config.set("sasl.mechanism", mechanism).set("sasl.username", &sasl.user);
            config.set("sasl.password", sasl.password.expose());
        }
        // librdkafka judges by the level before it hands a line over, and ours are filtered again.
        config.set_log_level(RDKafkaLogLevel::Warning);
        config
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::consumer::BaseConsumer;

    use super::*;

    /// The properties, as librdkafka itself understood them.
    fn understood(options: &Options) -> BTreeMap<String, String> {
        let native = options.config().create_native_config().expect("librdkafka knows all of them");
        let get = |name: &str| (name.to_owned(), native.get(name).unwrap_or_default());
        let names =
            ["bootstrap.servers", "client.id", "security.protocol", "sasl.mechanism", "sasl.username", "sasl.password"];
        let tls = ["ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password"];
        let mut understood: BTreeMap<_, _> = names.into_iter().chain(tls).map(get).collect();
        understood.retain(|_, value| !value.trim_end_matches('\0').is_empty());
        understood.into_iter().map(|(name, value)| (name, value.trim_end_matches('\0').to_owned())).collect()
    }

    fn check(options: &Options, expected: &[(&str, &str)]) {
        let understood = understood(options);
        for (name, value) in expected {
            assert_eq!(understood.get(*name).map(String::as_str), Some(*value), "{name}");
        }
    }

    fn sasl(mechanism: SaslMechanism) -> Sasl {
        Sasl { mechanism, user: "landing".to_owned(), password: Secret::new("hunter2") }
    }

    #[test]
    fn a_plain_log_needs_its_address_only() {
        let options = Options::new("a:9092,b:9092");
        check(
            &options,
            &[("bootstrap.servers", "a:9092,b:9092"), ("security.protocol", "plaintext"), ("client.id", "strata")],
        );
    }

    #[test]
    fn tls_and_sasl_become_librdkafkas_properties() {
        let tls = Tls { authorities: Some("/etc/ca.pem".into()), ..Tls::default() };
        let mut options = Options { security: Security::Tls(tls), ..Options::new("a:9093") };
        check(&options, &[("security.protocol", "ssl"), ("ssl.ca.location", "/etc/ca.pem")]);
        for (mechanism, name) in [
            (SaslMechanism::Plain, "PLAIN"),
            (SaslMechanism::ScramSha256, "SCRAM-SHA-256"),
            (SaslMechanism::ScramSha512, "SCRAM-SHA-512"),
        ] {
            options.sasl = Some(sasl(mechanism));
            let protocol = ("security.protocol", "sasl_ssl");
            check(
                &options,
                &[protocol, ("sasl.mechanism", name), ("sasl.username", "landing"), ("sasl.password", "hunter2")],
            );
        }
        let key = Tls {
            certificate: Some("/etc/me.pem".into()),
            key: Some("/etc/me.key".into()),
            key_password: Some(Secret::new("open")),
            ..Tls::default()
        };
        options = Options { security: Security::Tls(key), ..Options::new("a:9093") };
        let files = [("ssl.certificate.location", "/etc/me.pem"), ("ssl.key.location", "/etc/me.key")];
        check(&options, &[files[0], files[1], ("ssl.key.password", "open")]);
        options = Options { sasl: Some(sasl(SaslMechanism::Plain)), ..Options::new("a:9092") };
        check(&options, &[("security.protocol", "sasl_plaintext")]);
    }

    #[test]
    fn this_build_of_librdkafka_speaks_tls_and_scram() {
        let options = Options {
            security: Security::Tls(Tls::default()),
            sasl: Some(sasl(SaslMechanism::ScramSha512)),
            ..Options::new("127.0.0.1:1")
        };
        options.config().create::<BaseConsumer>().expect("it was built with what this needs");
    }

    #[test]
    fn further_properties_are_passed_on_and_cannot_undo_ours() {
        let mut options = Options::new("a:9092");
        options.properties.insert("socket.timeout.ms".to_owned(), Secret::new("1234"));
        options.properties.insert("security.protocol".to_owned(), Secret::new("ssl"));
        assert_eq!(options.config().get("socket.timeout.ms"), Some("1234"));
        assert_eq!(options.config().get("security.protocol"), Some("PLAINTEXT"));
    }

    /// Fault 44: secrets in committed reports.
    #[test]
    fn no_secret_is_printed() {
        let mut options = Options { sasl: Some(sasl(SaslMechanism::Plain)), ..Options::new("a:9092") };
        options.properties.insert("sasl.oauthbearer.client.secret".to_owned(), Secret::new("hunter3"));
        let printed = format!("{options:?}");
        assert!(!printed.contains("hunter") && printed.contains("landing"), "{printed}");
    }
}
