"""The command line's groups of verbs, one file a topic, loaded when they are asked for."""
