"""Checkout (收银结算): coupons, points and money on one bill, booked and taken back as one step."""
