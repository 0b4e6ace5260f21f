"""Benefits that somebody holds and may use once (权益)."""
