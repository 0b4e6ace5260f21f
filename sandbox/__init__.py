"""The outside world on one's own machine: platforms that answer like the real ones, without product code."""
