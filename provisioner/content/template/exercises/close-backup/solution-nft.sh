#!/bin/bash
# One table for both families.
sudo nft 'add table inet mine; add chain inet mine input { type filter hook input priority -10; }
add rule inet mine input iifname != "lo" tcp dport 9000 drop'
