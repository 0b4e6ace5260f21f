"""Alipay as a server sees it: the open gateway with its apps, codes, tokens and signatures."""
