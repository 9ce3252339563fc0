//! Standing orders: what patients get from the first hour, and which risks it brings.

use super::cause::Cause;
use super::order::{Given, Treatment};

/// A drug that a share of the patients gets throughout.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) drug: &'static str,
    pub(super) given: Given,
    /// The share of patients without the condition that gets it.
    pub(super) share: f64,
    /// The condition that calls for it, by ICD-10 code, and the share of patients with it.
    pub(super) for_condition: Option<(&'static str, f64)>,
    /// What it multiplies risks with.
    pub(super) risks: &'static [(Cause, f64)],
}

impl Standing {
    const fn new(treatment: Treatment, share: f64) -> Self {
        Self { drug: treatment.drug, given: treatment.given, share, for_condition: None, risks: &[] }
    }

    const fn for_condition(mut self, icd10: &'static str, share: f64) -> Self {
        self.for_condition = Some((icd10, share));
        self
    }

    const fn risks(mut self, risks: &'static [(Cause, f64)]) -> Self {
        self.risks = risks;
        self
    }
}

/// The drug under trial: the treatment arm gets it, and it brings the risks that are looked for.
pub(super) const TRIAL_DRUG: &str = "methotrexate";

/// The standing orders.
#[rustfmt::skip]
pub(super) static STANDING: [Standing; 22] = [
    Standing::new(Treatment::doses(TRIAL_DRUG, 15.0, "mg", "po", 168), 0.0)
        .risks(&[(Cause::Neutropenia, 5.0), (Cause::Liver, 4.5), (Cause::Thrombocytopenia, 2.5)]),
    Standing::new(Treatment::doses("paracetamol", 1000.0, "mg", "po", 6), 0.75)
        .risks(&[(Cause::Liver, 1.4)]),
    Standing::new(Treatment::doses("pantoprazole", 40.0, "mg", "iv", 24), 0.7),
    Standing::new(Treatment::doses("heparin", 5000.0, "[iU]", "sc", 8), 0.45)
        .risks(&[(Cause::Thrombocytopenia, 3.5)]),
    Standing::new(Treatment::doses("enoxaparin", 40.0, "mg", "sc", 24), 0.35)
        .risks(&[(Cause::Thrombocytopenia, 1.5)]),
    Standing::new(Treatment::doses("insulin", 6.0, "[iU]", "sc", 4), 0.45).for_condition("E11", 0.9),
    Standing::new(Treatment::doses("furosemide", 20.0, "mg", "iv", 8), 0.15).for_condition("I50", 0.85)
        .risks(&[(Cause::Arrhythmia, 1.6), (Cause::Kidney, 1.5)]),
    Standing::new(Treatment::doses("metoprolol", 25.0, "mg", "po", 8), 0.2).for_condition("I48", 0.8)
        .risks(&[(Cause::Hypotension, 1.7)]),
    Standing::new(Treatment::doses("lisinopril", 10.0, "mg", "po", 24), 0.2).for_condition("I50", 0.6)
        .risks(&[(Cause::Kidney, 1.8), (Cause::Hypotension, 1.5)]),
    Standing::new(Treatment::doses("amlodipine", 5.0, "mg", "po", 24), 0.2)
        .risks(&[(Cause::Hypotension, 1.6)]),
    Standing::new(Treatment::doses("amiodarone", 200.0, "mg", "po", 12), 0.02).for_condition("I48", 0.45)
        .risks(&[(Cause::LongQt, 6.0), (Cause::Liver, 1.6)]),
    Standing::new(Treatment::doses("haloperidol", 2.0, "mg", "iv", 8), 0.1)
        .risks(&[(Cause::LongQt, 5.0)]),
    Standing::new(Treatment::doses("ondansetron", 4.0, "mg", "iv", 8), 0.5)
        .risks(&[(Cause::LongQt, 2.0)]),
    Standing::new(Treatment::doses("ceftriaxone", 2.0, "g", "iv", 24), 0.1).for_condition("J18", 0.6)
        .risks(&[(Cause::Anaphylaxis, 4.0)]),
    Standing::new(Treatment::doses("ampicillin", 2.0, "g", "iv", 6), 0.08).for_condition("J18", 0.3)
        .risks(&[(Cause::Anaphylaxis, 5.0)]),
    Standing::new(Treatment::doses("gentamicin", 240.0, "mg", "iv", 24), 0.07)
        .risks(&[(Cause::Kidney, 4.0)]),
    Standing::new(Treatment::doses("ibuprofen", 400.0, "mg", "po", 8), 0.15)
        .risks(&[(Cause::Kidney, 2.0)]),
    Standing::new(Treatment::doses("aspirin", 100.0, "mg", "po", 24), 0.3),
    Standing::new(Treatment::doses("morphine", 2.0, "mg", "iv", 4), 0.6)
        .risks(&[(Cause::Hypotension, 1.4)]),
    Standing::new(Treatment::doses("oxycodone", 5.0, "mg", "po", 4), 0.4),
    Standing::new(Treatment::doses("dexamethasone", 4.0, "mg", "iv", 8), 0.1).for_condition("C80", 0.5)
        .risks(&[(Cause::Sepsis, 1.7)]),
    Standing::new(Treatment::infusion("propofol", 25.0), 0.35)
        .risks(&[(Cause::Hypotension, 2.2), (Cause::Sepsis, 1.5)]),
];

#[cfg(test)]
mod tests {
    use strata_types::drug::Drug;

    use super::super::condition::CONDITIONS;
    use super::*;

    /// Fault 30: lists of drugs that never occurred in the data.
    #[test]
    fn what_orders_name_exists() {
        for standing in &STANDING {
            assert!(Drug::by_name(standing.drug).is_some(), "{}", standing.drug);
            if let Some((icd10, _)) = standing.for_condition {
                assert!(CONDITIONS.iter().any(|condition| condition.icd10 == icd10), "{icd10}");
            }
        }
    }
}
