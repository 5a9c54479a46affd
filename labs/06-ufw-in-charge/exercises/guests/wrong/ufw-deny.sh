#!/bin/bash
# The machine's own list: forwarded packets are not asked for it.
sudo ufw deny in on wifi0 to any port 8081 proto tcp
sudo ufw deny in on wifi0 to any port 8082 proto tcp
sudo ufw deny in on wifi0 to any port 7070 proto tcp
