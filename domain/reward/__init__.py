"""Rewards (积分兑换): what points are exchanged for, the stock of it, and the exchanges."""
