//! Numbered events: the number decides everything, and no two have a key in common.

use serde_json::json;

/// The topics that are sent to, as the log names them.
pub(super) const TOPICS: [&str; 3] = ["patient-vitals", "lab-results", "patients"];

/// Patients of one sender.
const PATIENTS: u64 = 30;

/// The event's id.
pub(super) fn id(sender: &str, number: u64) -> String {
    format!("{sender}-{number}")
}

/// The event as a line.
pub(super) fn line(sender: &str, topic: &str, number: u64) -> String {
    let (event_id, source) = (id(sender, number), format!("crash-{sender}"));
    let (patient, timestamp) = (format!("{sender}p{}", number % PATIENTS), timestamp(number));
    let event = match topic {
        "patient-vitals" => json!({"event_id": event_id, "patient_id": patient, "timestamp": timestamp,
            "source": source, "heart_rate": 60 + number % 40, "spo2": 90 + number % 10}),
        "lab-results" => json!({"event_id": event_id, "patient_id": patient, "timestamp": timestamp,
            "source": source, "test_name": "lactate", "value": 1.0 + (number % 30) as f64 / 10.0, "unit": "mmol/L"}),
        // One record a patient: the newest is the row.
        _ => json!({"event_id": event_id, "patient_id": format!("{sender}x{number}"), "sex": "female",
            "age": 20 + number % 60, "source": source}),
    };
    event.to_string()
}

/// Twelve seconds after the number before, from the first of March of 2025 on.
fn timestamp(number: u64) -> String {
    let (day, second) = (number / 7_200, number % 7_200 * 12);
    let (month, day) = (3 + day / 28, 1 + day % 28);
    format!("2025-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_different_and_times() {
        let times: Vec<_> = (0..20_000).map(timestamp).collect();
        assert!(times.is_sorted_by(|one, next| one < next), "each is later than the one before");
        assert_eq!((&*times[0], &*times[7_200]), ("2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"));
        assert_eq!(times[19_999], "2025-03-03T18:39:48Z");
    }
}
