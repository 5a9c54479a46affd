#!/bin/bash
# Without the card nobody comes in by it, and nobody gets out.
sudo ip link set house0 down
