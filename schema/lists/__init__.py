"""What may be asked of each list: its filters and its orders, by domain."""
