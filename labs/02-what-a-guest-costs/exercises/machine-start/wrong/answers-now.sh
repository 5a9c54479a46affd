#!/bin/bash
# How long Docker takes to answer today. It had to be started first.
TIMEFORMAT='%R s'
{ time docker ps >/dev/null; } 2>~/findings/machine-start
