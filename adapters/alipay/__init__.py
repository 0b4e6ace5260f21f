"""Alipay (支付宝): the mini-program's login and phone number."""
