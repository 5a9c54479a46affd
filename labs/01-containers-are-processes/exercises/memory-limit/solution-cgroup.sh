#!/bin/bash
# Without Docker: the limit is a number in a file of the kernel.
id=$(docker inspect --format '{{.Id}}' report)
echo 64M | sudo tee "/sys/fs/cgroup/system.slice/docker-$id.scope/memory.max"
curl -s localhost:8081/cgi-bin/report
sudo dmesg | sed -n 's/.*oom-kill:.*,pid=\([0-9]*\),.*/\1/p' | tail -1 >~/answers/killed
