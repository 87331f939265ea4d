"""What measures webhooks: a receiver that fails, and the three questions asked about it."""
