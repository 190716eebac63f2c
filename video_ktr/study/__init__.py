"""Controlled studies: the same training with one thing changed, over several seeds and starts, and what can be said."""
