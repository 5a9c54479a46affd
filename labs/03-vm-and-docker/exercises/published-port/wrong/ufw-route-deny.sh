#!/bin/bash
# Behind Docker's own accept, and about the wrong port.
sudo ufw route deny proto tcp from any to any port 8081
