#!/bin/bash
# Stops the unit for good; the rule that it has made is still in the kernel.
sudo systemctl disable --now old-firewall
