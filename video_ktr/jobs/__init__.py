"""Long work in batches that survives a kill: what is done is written down, and a run that goes on starts after it."""
