#!/bin/bash
# Whatever comes from the guests, and first of all: now they have no internet either.
sudo ufw route insert 1 deny in on wifi0
