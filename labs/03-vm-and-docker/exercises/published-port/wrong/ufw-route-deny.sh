#!/bin/bash
# The right idea (forwarded packets), the wrong place: ufw's forward chains come after Docker's.
sudo ufw delete allow 8081/tcp
sudo ufw route deny proto tcp from any to any port 80
sudo ufw route deny proto tcp from any to any port 8081
