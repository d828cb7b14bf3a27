"""The layers of the shown compositor: list, order, eye, lock."""
