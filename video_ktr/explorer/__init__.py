"""Pictures of which tokens were reinforced, made from the records of a run alone."""
