"""What of an image moves a unit, by its weights on an earlier layer."""
