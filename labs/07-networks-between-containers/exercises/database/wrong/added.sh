#!/bin/bash
# The new network is there, and the register is still plugged into the old one as well.
docker network create --internal back
docker network connect back booking
docker network connect back register
