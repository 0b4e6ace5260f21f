"""Coupons (优惠券): templates, the coupons issued of them, and what they take off a bill."""
