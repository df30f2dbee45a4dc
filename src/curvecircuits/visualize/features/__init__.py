"""Feature visualization: pictures that raise what units respond to."""
