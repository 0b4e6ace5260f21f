"""API keys (接口密钥): tills and back offices that sign their requests."""
