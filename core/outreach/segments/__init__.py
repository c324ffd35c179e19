"""Segments 客群: members chosen by a saved rule, counted and read from the tables as they stand."""
