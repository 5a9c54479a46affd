"""Hands-on labs on real virtual machines with Docker."""

__version__ = "0.1.0"
