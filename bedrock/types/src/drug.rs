//! Drugs by name: their ATC class and what features need to know of them.
//!
//! The table covers what intensive care gives most; a record with an `atc` code of its own is
//! classed by that code. ATC codes: WHO Collaborating Centre for Drug Statistics Methodology.

/// What a drug is to the features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Raises blood pressure; counts toward the norepinephrine equivalent.
    Vasopressor,
    /// Treats bacterial infection.
    Antibiotic,
    /// Sedates, or is an opioid.
    SedativeOrOpioid,
    /// None of these.
    Other,
}
use Effect::{Antibiotic, Other, SedativeOrOpioid, Vasopressor};

/// A drug of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drug {
    /// Its international nonproprietary name, in lower case.
    pub name: &'static str,
    /// Its ATC code.
    pub atc: &'static str,
    /// What it is to the features.
    pub effect: Effect,
    aliases: &'static [&'static str],
}

impl Drug {
    /// The drug of this name; case and what follows the name (`10 mg/mL`, `hydrochloride`) do not matter.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        let name = name.trim().to_ascii_lowercase();
        let first = name.split([' ', ',', '(']).next().unwrap_or(&name);
        let is = |wanted: &str, drug: &Self| drug.name == wanted || drug.aliases.contains(&wanted);
        DRUGS.iter().find(|drug| is(&name, drug)).or_else(|| DRUGS.iter().find(|drug| is(first, drug)))
    }
}

/// The effect of an ATC code.
pub fn effect_of_atc(atc: &str) -> Effect {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| atc.starts_with(prefix));
    if starts(&["C01CA", "H01BA01"]) {
        Vasopressor
    } else if starts(&["J01"]) {
        Antibiotic
    } else if starts(&["N01A", "N02A", "N05B", "N05C"]) {
        SedativeOrOpioid
    } else {
        Other
    }
}

/// ATC level 3 (the first four characters) of a code.
pub fn class_of_atc(atc: &str) -> &str {
    atc.get(..4).unwrap_or(atc)
}

const fn drug(name: &'static str, atc: &'static str, effect: Effect, aliases: &'static [&'static str]) -> Drug {
    Drug { name, atc, effect, aliases }
}

/// The table.
#[rustfmt::skip]
pub static DRUGS: [Drug; 48] = [
    drug("norepinephrine", "C01CA03", Vasopressor, &["noradrenaline", "levophed"]),
    drug("epinephrine", "C01CA24", Vasopressor, &["adrenaline"]),
    drug("phenylephrine", "C01CA06", Vasopressor, &["neosynephrine"]),
    drug("dopamine", "C01CA04", Vasopressor, &[]),
    drug("vasopressin", "H01BA01", Vasopressor, &["argipressin"]),
    drug("dobutamine", "C01CA07", Other, &[]),
    drug("vancomycin", "J01XA01", Antibiotic, &[]),
    drug("piperacillin", "J01CR05", Antibiotic, &["piperacillin-tazobactam", "piperacillin/tazobactam", "zosyn"]),
    drug("ceftriaxone", "J01DD04", Antibiotic, &[]),
    drug("cefepime", "J01DE01", Antibiotic, &[]),
    drug("cefazolin", "J01DB04", Antibiotic, &[]),
    drug("meropenem", "J01DH02", Antibiotic, &[]),
    drug("ampicillin", "J01CA01", Antibiotic, &[]),
    drug("gentamicin", "J01GB03", Antibiotic, &[]),
    drug("ciprofloxacin", "J01MA02", Antibiotic, &[]),
    drug("levofloxacin", "J01MA12", Antibiotic, &[]),
    drug("metronidazole", "J01XD01", Antibiotic, &[]),
    drug("azithromycin", "J01FA10", Antibiotic, &[]),
    drug("clindamycin", "J01FF01", Antibiotic, &[]),
    drug("linezolid", "J01XX08", Antibiotic, &[]),
    drug("propofol", "N01AX10", SedativeOrOpioid, &["diprivan"]),
    drug("ketamine", "N01AX03", SedativeOrOpioid, &[]),
    drug("fentanyl", "N01AH01", SedativeOrOpioid, &[]),
    drug("remifentanil", "N01AH06", SedativeOrOpioid, &[]),
    drug("morphine", "N02AA01", SedativeOrOpioid, &[]),
    drug("hydromorphone", "N02AA03", SedativeOrOpioid, &["dilaudid"]),
    drug("oxycodone", "N02AA05", SedativeOrOpioid, &[]),
    drug("midazolam", "N05CD08", SedativeOrOpioid, &[]),
    drug("lorazepam", "N05BA06", SedativeOrOpioid, &[]),
    drug("diazepam", "N05BA01", SedativeOrOpioid, &[]),
    drug("dexmedetomidine", "N05CM18", SedativeOrOpioid, &["precedex"]),
    drug("haloperidol", "N05AD01", Other, &[]),
    drug("paracetamol", "N02BE01", Other, &["acetaminophen"]),
    drug("ibuprofen", "M01AE01", Other, &[]),
    drug("heparin", "B01AB01", Other, &[]),
    drug("enoxaparin", "B01AB05", Other, &[]),
    drug("warfarin", "B01AA03", Other, &[]),
    drug("aspirin", "B01AC06", Other, &["acetylsalicylic acid"]),
    drug("insulin", "A10AB01", Other, &[]),
    drug("furosemide", "C03CA01", Other, &[]),
    drug("metoprolol", "C07AB02", Other, &[]),
    drug("amiodarone", "C01BD01", Other, &[]),
    drug("lisinopril", "C09AA03", Other, &[]),
    drug("amlodipine", "C08CA01", Other, &[]),
    drug("pantoprazole", "A02BC02", Other, &[]),
    drug("ondansetron", "A04AA01", Other, &[]),
    drug("methotrexate", "L01BA01", Other, &[]),
    drug("dexamethasone", "H02AB02", Other, &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_agree() {
        for drug in &DRUGS {
            let by_code = effect_of_atc(drug.atc);
            let dobutamine = drug.name == "dobutamine"; // an inotrope with a vasopressor's code
            assert!(by_code == drug.effect || dobutamine, "{}", drug.name);
        }
        assert_eq!(Drug::by_name("Norepinephrine bitartrate 4 mg").map(|d| d.atc), Some("C01CA03"));
        assert_eq!(Drug::by_name("holy water"), None);
    }
}
