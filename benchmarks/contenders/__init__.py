"""Who races: functions that prepare a `Task`, one module for each package or method."""
