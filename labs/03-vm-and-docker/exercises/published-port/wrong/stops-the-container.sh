#!/bin/bash
# Closes the port by stopping what the machine itself needs.
docker stop stats
