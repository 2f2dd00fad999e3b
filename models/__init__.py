"""Everything a prediction needs."""
