"""Fetching published weights from the hub or a mirror. No torch."""
