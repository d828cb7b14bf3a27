"""The node kinds of the engine, one module a kind."""
