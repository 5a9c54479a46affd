#!/bin/bash
# Unplugged and plugged in again: the interface is new, the namespace with its rules is the old one.
docker network disconnect office_default orders
docker network connect office_default orders
