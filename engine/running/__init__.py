"""Sessions: their durable graphs, their running nodes, what they keep and what they tell."""
