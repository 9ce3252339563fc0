//! Orders: which drug, how much, how often, and for how long.

/// What clinicians order against a deterioration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Treatment {
    pub(super) drug: &'static str,
    pub(super) given: Given,
    pub(super) hours: u32,
    pub(super) when: When,
}

/// How a drug is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Given {
    /// Doses, every so many hours.
    Doses { dose: f64, unit: &'static str, route: &'static str, every_hours: u32 },
    /// An infusion at a rate in ug/kg/min, charted every [`Given::INFUSION_HOURS`].
    Infusion { rate: f64 },
}

/// When a treatment starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Perhaps before the event, when somebody suspects it.
    Suspected,
    /// With the event.
    Onset,
}

impl Given {
    /// Hours of infusion under one record.
    pub(super) const INFUSION_HOURS: u32 = 2;

    /// Hours between two records.
    pub(super) fn every_hours(self) -> u32 {
        match self {
            Self::Doses { every_hours, .. } => every_hours,
            Self::Infusion { .. } => Self::INFUSION_HOURS,
        }
    }
}

impl Treatment {
    pub(super) const fn doses(
        drug: &'static str,
        dose: f64,
        unit: &'static str,
        route: &'static str,
        every_hours: u32,
    ) -> Self {
        Self { drug, given: Given::Doses { dose, unit, route, every_hours }, hours: 24, when: When::Onset }
    }

    pub(super) const fn infusion(drug: &'static str, rate: f64) -> Self {
        Self { drug, given: Given::Infusion { rate }, hours: 24, when: When::Onset }
    }

    pub(super) const fn for_hours(mut self, hours: u32) -> Self {
        self.hours = hours;
        self
    }

    pub(super) const fn when_suspected(mut self) -> Self {
        self.when = When::Suspected;
        self
    }
}

/// An order that is carried out: hours are counted from the start of the hospital.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) drug: &'static str,
    pub(super) given: Given,
    /// Its first hour.
    pub(super) from: u32,
    /// The hour before which it ends.
    pub(super) until: u32,
}

impl Order {
    /// Whether something is given, or charted, in this hour.
    pub(super) fn is_due(&self, hour: u32) -> bool {
        (self.from..self.until).contains(&hour) && (hour - self.from).is_multiple_of(self.given.every_hours())
    }
}
