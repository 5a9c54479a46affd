#!/bin/bash
# ufw's rules for outgoing packets are about the machine's own.
sudo ufw allow out on ext0
sudo ufw allow out 80/tcp
