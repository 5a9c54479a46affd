#!/bin/bash
# Whatever comes from them in a conversation about port 8080. That also stops what they answer to a guest who asks them there.
sudo iptables -t mangle -A FORWARD -s 198.51.100.64/28 -p tcp -m conntrack --ctorigdstport 8080 -j DROP
sudo ufw prepend deny proto tcp from 2001:db8:51:0:66::/80 to any port 8080
