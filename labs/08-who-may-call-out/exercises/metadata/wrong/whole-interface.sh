#!/bin/bash
# Unplugs the cable to the cloud. Containers are safe, and the machine no longer knows who it is.
sudo ip link set cloud0 down
