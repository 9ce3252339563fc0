//! The services in numbers, for whoever scrapes the gateway. No label tells of a patient.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use strata_console::Window;
use strata_control::{Health, ServiceStatus};

use super::Outlook;

/// `strata_service_*`: how each service fares, and what it counts.
#[derive(Debug)]
pub(super) struct StackMetrics(pub(super) Arc<Outlook>);

impl Collector for StackMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let services = self.0.status().services;
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: &dyn Fn(&ServiceStatus) -> Option<f64>| {
            let mut family = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
            for service in &services {
                if let Some(value) = value(service) {
                    ConstGauge::new(value)
                        .encode(family.encode_family(&[("service", service.status.name.as_str())])?)?;
                }
            }
            Ok::<_, fmt::Error>(())
        };
        let healthy = |service: &ServiceStatus| Some(f64::from(u8::from(service.health == Health::Healthy)));
        gauge("service_healthy", "1 if the service did some of its work when it was last asked", None, &healthy)?;
        let wanted = |service: &ServiceStatus| Some(f64::from(u8::from(service.wanted)));
        gauge("service_wanted", "1 if the service was asked for", None, &wanted)?;
        let startup = |service: &ServiceStatus| service.status.startup_seconds;
        gauge("service_startup", "Time from the health of what it needs to its own", Some(&Unit::Seconds), &startup)?;
        let uptime = |service: &ServiceStatus| service.status.uptime_seconds;
        gauge("service_uptime", "Time since it was raised", Some(&Unit::Seconds), &uptime)?;
        let help = "How often it was raised again after falling";
        let mut family = encoder.encode_descriptor("service_restarts", help, None, MetricType::Counter)?;
        for service in &services {
            let counter = ConstCounter::new(u64::from(service.status.restarts));
            counter.encode(family.encode_family(&[("service", service.status.name.as_str())])?)?;
        }
        Ok(())
    }
}
