"""WeChat (微信): the mini-program's login and phone number."""
