#!/bin/bash
# In the compose file, where the next administrator finds it. The container is made anew for that.
cd ~/office
sed -i '/container_name: report/a\    mem_limit: 64m' compose.yaml
docker compose up --detach
sleep 2
curl -s --retry 5 --retry-connrefused localhost:8081/cgi-bin/report
sudo dmesg | sed -n 's/.*Killed process \([0-9]*\) .*/\1/p' | tail -1 >~/answers/killed
