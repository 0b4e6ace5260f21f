"""Images that merchants upload, for coupons and what else people look at."""
