//! Services that need each other: raised by health, kept up, felled in order, and seen.
//!
//! A [`Graph`] says who needs whom; everything about order follows from it: what is raised together, what else has to
//! stand, what falls with what. A [`Service`] says how to raise it and how to find out whether it does its work: by
//! doing some, never by looking whether it exists. The [`Supervisor`] waits for health before it raises what stands on
//! it, raises again what falls, and fells from the top.
//!
//! Nothing here knows what the services are, where levels begin, or who asks: that is composition's business.

mod graph;
pub use graph::{Graph, GraphError, Node};

mod critical;
pub use critical::{CriticalPath, critical_path};

mod service;
pub use service::{BoxError, Kind, Service};

mod status;
pub use status::{State, Status};

mod figure;
pub use figure::{Figure, Meter};

mod policy;
pub use policy::Policy;

mod supervisor;
pub use supervisor::{NotRaised, Supervisor};
