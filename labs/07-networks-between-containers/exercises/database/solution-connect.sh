#!/bin/bash
# The same on running containers: plug both into a new network, and then unplug the database from the old one.
docker network create --internal back
docker network connect back booking
docker network connect back register
docker network disconnect hotel_hotel register
