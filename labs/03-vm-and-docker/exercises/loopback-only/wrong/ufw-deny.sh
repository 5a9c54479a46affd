#!/bin/bash
# ufw is not asked about forwarded packets.
sudo ufw deny 8082/tcp
