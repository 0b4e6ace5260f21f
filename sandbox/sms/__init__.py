"""Alibaba Cloud's short message service as a server sees it, with an inbox instead of a mobile network."""
