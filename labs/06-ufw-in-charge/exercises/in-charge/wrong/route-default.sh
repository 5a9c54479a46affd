#!/bin/bash
# The right list (forwarded packets), and it is closed by default already. It just comes after Docker's own rules.
sudo ufw default deny routed
sudo ufw route deny in on ext0
