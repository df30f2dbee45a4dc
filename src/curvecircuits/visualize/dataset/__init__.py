"""Dataset examples: what photographs show where units are strong, weak or opposed."""
