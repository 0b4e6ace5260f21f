"""Codes by short message (短信验证码): sending, guessing limits, proof of a phone."""
