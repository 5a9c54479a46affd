#!/bin/bash
# The firewall is on, and lets in whatever no rule forbids.
sudo ufw default allow incoming
sudo ufw --force enable
