"""Backups as files: what they are called and hold, how they are copied, sealed and rotated."""
