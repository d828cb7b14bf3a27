"""The nodes of the pipeline: state, rates, and their params in the inspector."""
