"""What `package.py` and `deploy.py` stand on: from the rooms to a running function."""
