#!/bin/bash
# Nobody reaches a cache that does not run.
docker stop cache
