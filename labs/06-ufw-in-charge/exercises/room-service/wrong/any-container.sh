#!/bin/bash
# The guests' card, and every container that listens on 80: they order from the ledger, too.
sudo ufw route allow in on wifi0 to any port 80 proto tcp
sudo ufw allow in on wifi0 to any port 8083 proto tcp
