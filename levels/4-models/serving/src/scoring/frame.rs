//! A table of cells with named columns, whatever form it came in.

use strata_model::Model;

use super::Cell;

/// Rows laid end to end, each as wide as `columns`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Frame {
    pub(crate) columns: Vec<String>,
    pub(crate) cells: Vec<Cell>,
}

impl Frame {
    /// The model's rows: its columns by name, in its order; NaN where a value is missing.
    pub(crate) fn rows_of(&self, model: &Model) -> Result<Vec<f32>, String> {
        let columns = model.columns(&self.columns).map_err(|error| error.to_string())?;
        let mut rows = Vec::with_capacity(self.cells.len() / self.columns.len().max(1) * columns.len());
        for (number, row) in self.cells.chunks_exact(self.columns.len().max(1)).enumerate() {
            for (&column, feature) in columns.iter().zip(&model.features) {
                rows.push(value(row[column]).ok_or_else(|| no_number(feature, number))?);
            }
        }
        Ok(rows)
    }
}

fn value(cell: Cell) -> Option<f32> {
    match cell {
        Cell::Number(value) => Some(value as f32),
        Cell::Missing => Some(f32::NAN),
        Cell::Other => None,
    }
}

fn no_number(feature: &str, row: usize) -> String {
    format!("column {feature} of row {} is neither a number nor null; send null for a missing value", row + 1)
}
