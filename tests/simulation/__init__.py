"""A whole deployment in one process, with a clock, faults and concurrency that a seed decides."""
