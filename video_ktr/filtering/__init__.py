"""The difficulty filter: how often a model answers each question right, and which questions that keeps."""
