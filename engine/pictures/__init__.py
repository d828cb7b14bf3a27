"""Everything that makes, draws and streams pictures; the only place of the engine that knows Qt, with the nodes."""
