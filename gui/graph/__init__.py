"""The pipeline as a graph: nodes, pins, connections, live states; adding, connecting and removing."""
