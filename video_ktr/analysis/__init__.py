"""What the token records and metrics of a run say about the method: numbers, tables, plots."""
