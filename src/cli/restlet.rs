//! Printing the SuiteScript that has to be in the account for saved searches.

use serde::Serialize;

use super::output::Output;
use crate::error::Result;
use crate::netsuite::RESTLET;
use crate::sync::report::SCHEMA_VERSION;

/// What the script is called in messages and examples.
const FILE_NAME: &str = "netwiz_search.js";

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    file_name: &'static str,
    script: &'static str,
}

/// Prints the script and nothing else, so that it can be sent to a file.
pub(super) fn restlet(output: &Output) -> Result<u8> {
    if output.json {
        output.document(&Document { schema_version: SCHEMA_VERSION, file_name: FILE_NAME, script: RESTLET })?;
    } else {
        output.text(RESTLET)?;
    }
    Ok(0)
}
