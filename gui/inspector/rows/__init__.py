"""The kinds of rows: number, slider, choice, colour, text, font, toggle, JSON."""
