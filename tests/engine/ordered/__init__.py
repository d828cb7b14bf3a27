"""engine/ordered: the engine's half of protocol 2."""
