"""Networks under study: addresses, geometry, tracing, the networks themselves, their weights."""
