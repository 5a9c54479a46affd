"""What labs need on a host without a network, in one archive: what is packed, how it is written, verified and installed."""
