#!/bin/bash
# Whatever comes by a published port, by its state (DNAT). A guest's router is this machine: he asks for 172.31.1.11 itself.
sudo sed -i '0,/^-A DOCKER-USER/s//-A DOCKER-USER -i wifi0 -m conntrack --ctstate DNAT --ctdir ORIGINAL -j DROP\n&/' /etc/ufw/after.rules
sudo ufw reload
