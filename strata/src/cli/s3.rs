//! `strata s3`: the lake for other people's tools.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::Context;
use crate::output;

/// Lets boto3, Spark and whatever else speaks S3 read the lake
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata s3\n  strata s3 --port 0 --json\n\nThen, with the file that it names:\n  export AWS_SHARED_CREDENTIALS_FILE=... AWS_ENDPOINT_URL=http://127.0.0.1:9000 AWS_REGION=us-east-1\n  python3 -c 'import boto3; print(boto3.client(\"s3\").list_objects_v2(Bucket=\"tables\")[\"KeyCount\"])'\n\nBuckets: raw, tables and runs to read, artifacts to write too. Nobody gets in without a signature."
)]
pub(crate) struct S3 {
    /// The port; 0 takes a free one [default: 9000]
    #[arg(long)]
    port: Option<u16>,
}

impl S3 {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let strata_stack::S3 { endpoint, credentials } = context.stack()?.s3(self.port).await?;
        let url = format!("http://{}", endpoint.address());
        if context.json {
            output::json(&json!({"url": url, "credentials": credentials}))?;
        } else {
            output::line(&format!("S3 on {url}, signed with the key in {}; Ctrl-C ends it", credentials.display()))?;
        }
        let scope = context.scope.child("s3");
        endpoint.run(&scope);
        scope.run_until(scope.token().cancelled()).await?;
        Ok(ExitCode::SUCCESS)
    }
}
