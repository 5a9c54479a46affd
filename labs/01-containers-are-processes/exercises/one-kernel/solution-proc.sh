#!/bin/bash
# A setting of the kernel is a file.
echo 1048576 | sudo tee /proc/sys/fs/aio-max-nr
