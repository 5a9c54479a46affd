#!/bin/bash
# ufw is switched off: the rule is noted and does nothing.
sudo ufw deny 9000/tcp
