"""Tests of the ordered log: tables, properties and model checking."""
