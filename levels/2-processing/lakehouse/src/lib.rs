//! Tables with versions, queried as Arrow: the sole home of DataFusion and Delta.
