#!/bin/bash
# The internet and the house. The depot has a card, too.
for card in ext0 house0; do sudo ip6tables -I INPUT -i $card -p tcp --dport 8081 -j DROP; done
