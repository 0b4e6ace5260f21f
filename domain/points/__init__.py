"""Points (积分): accounts, lots, entries, earning, taking back, expiry, proof."""
