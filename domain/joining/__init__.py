"""Joining (入会): first contact, login, and the proof of a phone that makes a fan a member."""
