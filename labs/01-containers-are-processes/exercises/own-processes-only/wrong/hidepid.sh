#!/bin/bash
# Hides processes from the machine's ordinary users. The container has a /proc of its own, and looks at it as root.
sudo mount -o remount,hidepid=2 /proc
docker restart desk
