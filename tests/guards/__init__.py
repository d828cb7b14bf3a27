"""Guards that every test runs under: what it leaves behind or reports by the way makes it fail."""
