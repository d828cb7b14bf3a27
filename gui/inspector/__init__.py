"""What is selected, as rows: label, slider, number with unit, in-flight mark."""
