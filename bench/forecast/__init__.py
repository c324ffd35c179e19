"""The peers of the forecast, each run by its own Python."""
