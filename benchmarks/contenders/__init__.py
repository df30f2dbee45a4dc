"""Who takes part: one module each, in it one function for every workload."""
