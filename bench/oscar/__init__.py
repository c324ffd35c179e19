"""The peer django-oscar: its environment, what it is asked, and the shop that its own Python runs."""
