"""The port of the server: control endpoint, REST routes, streams, and who may use them."""
