"""The canvas: the live picture, the layers over it, and the hands on them."""
