"""Sets a machine up: ``python3 -m resources.setup run|test``, with nothing but the standard library."""
