"""What units would see with some of their inputs alone."""
