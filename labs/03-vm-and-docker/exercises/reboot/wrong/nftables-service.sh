#!/bin/bash
# Saves all rules for nftables.service, which flushes the rule set at boot; Docker and ufw then write theirs over yesterday's.
{ echo 'flush ruleset'; sudo nft list ruleset; } | sudo tee /etc/nftables.conf >/dev/null
sudo systemctl enable nftables
sudo systemctl disable ufw
