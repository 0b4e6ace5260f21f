"""What people do beside buying (互动行为): checking in, sharing, commenting on an order."""
