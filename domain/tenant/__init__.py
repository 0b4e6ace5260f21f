"""Tenants (租户): settings, stores (门店) and channels (渠道)."""
