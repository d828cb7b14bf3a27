"""The six kinds of rows: number, slider, choice, colour, text, toggle."""
