//! Answers predictions, explains them and remembers them.
//!
//! A caller says who and as of when; serving gets the patient's [features](Vectors), computed by the function that training
//! used, predicts, explains the answer and writes down what it said. `MLflow`'s scoring protocol
//! is spoken too, for those who bring their own rows.
//!
//! Who may ask: there is neither TLS nor a token yet, so serving listens on the loopback only, answers only to the
//! loopback's names (a web page that resolves its own name to 127.0.0.1 gets nothing), and grants no other origin
//! anything (no CORS).
//!
//! The model can change while it serves ([`Seat`]): a request is answered by the model that was there when it came.
//!
//! **Invariant**: an answer comes from the model or is an error. There is no value that stands in for one.

mod config;
pub use config::Config;

mod record;
pub use record::{AsOf, Store, Vectors};

mod served;
pub use served::Served;

mod seat;
pub use seat::Seat;

mod serving;
pub use serving::{Serving, build};

mod error;
pub use error::Error;

mod openapi;
pub use openapi::openapi;

mod answer;
mod feature_time;
mod http;
mod metrics;
mod prediction_log;
mod scoring;
mod wire;
