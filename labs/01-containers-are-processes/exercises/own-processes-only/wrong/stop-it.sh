#!/bin/bash
# Now it sees nothing, and serves nobody.
docker stop desk
