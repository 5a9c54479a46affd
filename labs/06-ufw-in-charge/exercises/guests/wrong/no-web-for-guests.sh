#!/bin/bash
# All containers listen on port 80, so the guests get no port 80. The web sites of the internet listen there as well.
sudo ufw route insert 1 deny in on wifi0 proto tcp to any port 80
sudo ufw route insert 1 deny in on wifi0 proto udp to any port 7070
