"""Orders (订单): what a till or a shop tells us was sold and refunded."""
