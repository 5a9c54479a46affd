#!/bin/bash
# Closed for strangers, and for everybody who needs it.
docker stop stats
