#!/bin/bash
# One guest. The others sit beside him, in the lobby.
sudo ufw route deny from 192.168.56.10 to 172.16.0.0/12
