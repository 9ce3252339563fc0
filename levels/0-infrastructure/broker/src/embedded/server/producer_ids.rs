//! Numbers for idempotent producers; none for transactions, which there are not.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse};

use super::connection::{Connection, Ended, Pending};
use super::dispatch::Asked;

impl Connection {
    pub(super) async fn init_producer_id(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: InitProducerIdRequest = asked.read()?;
        let nobody = InitProducerIdResponse::default().with_producer_id((-1).into()).with_producer_epoch(-1);
        if request.transactional_id.is_some() {
            // The one error that every client takes as final.
            return asked.ready(&nobody.with_error_code(ResponseError::TransactionalIdAuthorizationFailed.code()));
        }
        let (known, epoch) = (request.producer_id.0, request.producer_epoch);
        if known >= 0 && (0..i16::MAX).contains(&epoch) {
            // It goes on under its number after a mistake: the epoch tells what is old.
            let answer = InitProducerIdResponse::default().with_producer_id(known.into());
            return asked.ready(&answer.with_producer_epoch(epoch + 1));
        }
        let broker = Arc::clone(&self.broker);
        let id = tokio::task::spawn_blocking(move || broker.new_producer_id()).await.map_err(std::io::Error::other)?;
        match id {
            Ok(id) => {
                asked.ready(&InitProducerIdResponse::default().with_producer_id(id.into()).with_producer_epoch(0))
            }
            Err(error) => {
                tracing::error!(%error, "no producer id could be given");
                asked.ready(&nobody.with_error_code(ResponseError::KafkaStorageError.code()))
            }
        }
    }
}
