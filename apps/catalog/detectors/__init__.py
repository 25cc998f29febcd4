"""The detectors, one in each file: copy a neighbour, change it, write its test."""
