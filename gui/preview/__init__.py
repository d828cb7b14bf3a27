"""The live picture: where it comes from, and how the newest frame reaches the canvas."""
