"""The ordered log (protocol 2): what both ends run, pure and driven from outside."""
