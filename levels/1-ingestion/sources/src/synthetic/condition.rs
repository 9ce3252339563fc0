//! The conditions that patients come with: each raises risks and leaves traces in the laboratory.

use super::cause::Cause;

/// A comorbidity.
#[derive(Debug)]
pub(super) struct Condition {
    /// Its ICD-10 code, which is what the patient's record carries.
    pub(super) icd10: &'static str,
    /// The share of patients of 60 years that have it.
    pub(super) share: f64,
    /// What ten years more multiply that with.
    pub(super) per_decade: f64,
    /// What it multiplies risks with.
    pub(super) risks: &'static [(Cause, f64)],
    /// What it multiplies usual laboratory values with.
    pub(super) labs: &'static [(&'static str, f64)],
}

pub(super) const COPD: &str = "J44";

/// The conditions.
pub(super) static CONDITIONS: [Condition; 8] = [
    Condition {
        icd10: "N18", // chronic kidney disease
        share: 0.14,
        per_decade: 1.5,
        risks: &[(Cause::Kidney, 5.0), (Cause::Arrhythmia, 1.8), (Cause::Sepsis, 1.5)],
        labs: &[("creatinine", 1.9), ("bun", 1.7), ("potassium", 1.08), ("haemoglobin", 0.85)],
    },
    Condition {
        icd10: "K74", // cirrhosis
        share: 0.06,
        per_decade: 1.1,
        risks: &[(Cause::Liver, 6.0), (Cause::Thrombocytopenia, 3.0), (Cause::Sepsis, 2.0)],
        labs: &[
            ("ast", 2.0),
            ("alt", 1.7),
            ("bilirubin_total", 2.2),
            ("platelets", 0.6),
            ("albumin", 0.75),
            ("inr", 1.3),
        ],
    },
    Condition {
        icd10: "I50", // heart failure
        share: 0.15,
        per_decade: 1.6,
        risks: &[(Cause::Arrhythmia, 3.5), (Cause::Hypotension, 2.5), (Cause::Kidney, 1.6)],
        labs: &[("troponin_i", 2.0), ("sodium", 0.98)],
    },
    Condition {
        icd10: "E11", // type 2 diabetes
        share: 0.22,
        per_decade: 1.3,
        risks: &[(Cause::Sepsis, 1.6), (Cause::Kidney, 1.4)],
        labs: &[("glucose", 1.5)],
    },
    Condition {
        icd10: COPD,
        share: 0.12,
        per_decade: 1.4,
        risks: &[(Cause::Sepsis, 1.6), (Cause::Arrhythmia, 1.4)],
        labs: &[("bicarbonate", 1.12)],
    },
    Condition {
        icd10: "C80", // malignant neoplasm
        share: 0.12,
        per_decade: 1.4,
        risks: &[(Cause::Neutropenia, 5.0), (Cause::Thrombocytopenia, 2.5), (Cause::Sepsis, 2.2)],
        labs: &[("haemoglobin", 0.8), ("wbc", 0.7), ("crp", 3.0), ("albumin", 0.85)],
    },
    Condition {
        icd10: "J18", // pneumonia
        share: 0.16,
        per_decade: 1.2,
        risks: &[(Cause::Sepsis, 6.0), (Cause::Hypotension, 2.0)],
        labs: &[("wbc", 1.5), ("crp", 8.0), ("lactate", 1.25)],
    },
    Condition {
        icd10: "I48", // atrial fibrillation
        share: 0.10,
        per_decade: 1.7,
        risks: &[(Cause::Arrhythmia, 4.0), (Cause::LongQt, 1.8)],
        labs: &[],
    },
];
