//! The elements that resources share: references, codes, quantities, times.

use serde_json::Value;
use strata_types::Timestamp;

/// The systems of codes that matter here.
pub(super) const LOINC: &str = "http://loinc.org";
pub(super) const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
pub(super) const ATC: &str = "http://www.whocc.no/atc";

/// The kind of a resource; empty for what is none.
pub(super) fn kind(resource: &Value) -> &str {
    text(resource, "resourceType").unwrap_or_default()
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The id of the patient that a resource is about: the end of `Patient/123`, `urn:uuid:123` or a URL.
pub(super) fn subject(resource: &Value) -> Result<&str, String> {
    let reference = resource.get("subject").and_then(|subject| text(subject, "reference"));
    let reference = reference.ok_or("`subject.reference` is missing")?;
    let reference = reference.split("/_history/").next().unwrap_or(reference);
    match reference.rsplit_once('/') {
        Some((path, id)) if path == "Patient" || path.ends_with("/Patient") => Ok(id),
        Some(_) => Err("`subject.reference` is not to a Patient".into()),
        None => reference.strip_prefix("urn:uuid:").ok_or_else(|| "`subject.reference` is not to a Patient".into()),
    }
}

/// The codes of a concept in a system, in order; a coding without a system counts for LOINC alone.
pub(super) fn codes<'a>(concept: &'a Value, system: &'a str) -> impl Iterator<Item = &'a str> {
    list(concept, "coding").iter().filter_map(move |coding| {
        let of = text(coding, "system");
        (of == Some(system) || (of.is_none() && system == LOINC)).then(|| text(coding, "code")).flatten()
    })
}

/// What a concept is called: its text, else a display, else a code.
pub(super) fn name(concept: &Value) -> Option<&str> {
    let codings = list(concept, "coding");
    let of = |key| codings.iter().find_map(|coding| text(coding, key));
    text(concept, "text").or_else(|| of("display")).or_else(|| of("code"))
}

/// A quantity with its unit: the UCUM code where it has one, else the unit as it is written.
pub(super) fn quantity(quantity: &Value) -> Option<(f64, Option<&str>)> {
    let value = quantity.get("value")?.as_f64().filter(|value| value.is_finite())?;
    Some((value, text(quantity, "code").or_else(|| text(quantity, "unit"))))
}

/// A time: an instant, or a day, which begins at midnight UTC. Months and years are too coarse.
pub(super) fn time(value: &Value, key: &str) -> Option<Timestamp> {
    let text = text(value, key)?;
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

/// When something took place: a time or the start of a period, under the names of `prefix[x]`.
pub(super) fn start(resource: &Value, prefix: &str) -> Option<Timestamp> {
    let period = || resource.get(format!("{prefix}Period")).and_then(|period| time(period, "start"));
    time(resource, &format!("{prefix}DateTime")).or_else(|| time(resource, &format!("{prefix}Instant"))).or_else(period)
}

/// Why a status means that nothing was measured or given, if it does.
pub(super) fn nothing_in(status: Option<&str>) -> Option<String> {
    let no = ["entered-in-error", "not-done", "cancelled", "registered", "planned", "unknown"];
    status.filter(|status| no.contains(status)).map(|status| format!("its status is `{status}`"))
}

/// An id that says which of a resource's parts an event is of.
pub(super) fn event_id(resource: &Value, part: Option<&str>) -> Option<String> {
    let id = text(resource, "id")?;
    let kind = kind(resource);
    Some(part.map_or_else(|| format!("{kind}/{id}"), |part| format!("{kind}/{id}#{part}")))
}
