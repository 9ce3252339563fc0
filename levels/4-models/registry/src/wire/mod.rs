//! MLflow's JSON over HTTP: what is asked, how it is answered, and pages.

mod answer;
pub(crate) use answer::Answer;

mod body;
pub(crate) use body::Body;

mod asked;
pub(crate) use asked::Asked;

pub(crate) mod page;
