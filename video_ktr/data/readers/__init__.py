"""Readers of question files: rows from JSON, Parquet or `datasets`, and one module for each format of a record."""
