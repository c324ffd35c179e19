"""The benchmarks: each figure beside its floor, measured in one run. `make bench` prints the table."""
