#!/bin/bash
# In the compose file, where the next administrator finds it. The log of the kernel is also in the journal.
cd ~/office
sed -i '/container_name: report/a\    mem_limit: 64m' compose.yaml
docker compose up --detach
sleep 2
curl -s --retry 5 --retry-connrefused localhost:8081/cgi-bin/report
sudo journalctl -k --no-pager | sed -n 's/.*Killed process \([0-9]*\) .*/\1/p' | tail -1 >~/answers/killed
