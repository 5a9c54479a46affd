#!/bin/bash
# Makes the kernel forget the connection, and forbids nothing: the recorder is back on the line in seconds.
sudo conntrack -D -s 198.51.100.77
