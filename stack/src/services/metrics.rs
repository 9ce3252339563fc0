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
use super::landing::Landed;
use super::log::LogService;
use super::online::OnlineService;
use super::refinery::RefineryService;

/// `strata_service_*`: how each service fares; `strata_log_*`, `strata_landing_*`, `strata_refinery_*`,
/// `strata_online_*`: what goes through.
#[derive(Debug)]
pub(super) struct StackMetrics {
    pub(super) outlook: Arc<Outlook>,
    pub(super) log: Arc<LogService>,
    pub(super) landed: Arc<Landed>,
    pub(super) refinery: Arc<RefineryService>,
    pub(super) online: Arc<OnlineService>,
}

impl Collector for StackMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let services = self.outlook.status().services;
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
        self.flow(&mut encoder)
    }
}

impl StackMetrics {
    /// What goes through the log, into bronze and into silver.
    fn flow(&self, encoder: &mut DescriptorEncoder) -> Result<(), fmt::Error> {
        let (landing, fares) = (self.landed.stats(), self.refinery.fares());
        let taken = self.log.broker().map(|broker| broker.stats());
        let (records_in, bytes_in) = taken.map_or((0, 0), |stats| (stats.records_in, stats.bytes_in));
        let (followed, repaired, waiting) = self.online.counts();
        let counters: [(&str, &str, Option<Unit>, u64); 10] = [
            ("log_records", "Records that Strata's own log took", None, records_in),
            ("log_received", "Batches that Strata's own log took", Some(Unit::Bytes), bytes_in),
            ("landing_records", "Records of the log that are in bronze", None, landing.records),
            ("landing_objects", "Objects that hold them", None, landing.objects),
            ("landing_stored", "Those objects", Some(Unit::Bytes), landing.stored_bytes),
            ("refinery_records", "Records of bronze that were refined", None, fares.records.total()),
            ("refinery_rows", "Rows that silver took of them", None, fares.rows.total()),
            ("refinery_not_written", "Records that silver refused or had already", None, fares.not_written.total()),
            ("online_records", "Records of the log that are in the online store", None, followed),
            ("online_repaired", "Patients who were read anew from silver", None, repaired),
        ];
        for (name, help, unit, value) in counters {
            let metric = encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
            ConstCounter::new(value).encode(metric)?;
        }
        let lag = self.landed.lag().unwrap_or(0);
        let behind = self.refinery.behind().unwrap_or_default().as_secs_f64();
        let online_lag = self.online.lag().unwrap_or(0);
        let gauges: [(&str, &str, Option<Unit>, f64); 5] = [
            ("landing_lag_records", "Records in Strata's own log that are not in bronze", None, lag as f64),
            ("landing_open", "Memory of objects that are not closed", Some(Unit::Bytes), landing.open_bytes as f64),
            (
                "online_lag_records",
                "Records in Strata's own log that are not in the online store",
                None,
                online_lag as f64,
            ),
            ("online_waiting_patients", "Patients who wait to be read anew from silver", None, waiting as f64),
            ("refinery_lag", "Age of silver's newest record while others wait", Some(Unit::Seconds), behind),
        ];
        for (name, help, unit, value) in gauges {
            ConstGauge::new(value).encode(encoder.encode_descriptor(
                name,
                help,
                unit.as_ref(),
                MetricType::Gauge,
            )?)?;
        }
        Ok(())
    }
}
