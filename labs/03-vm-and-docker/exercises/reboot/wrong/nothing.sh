#!/bin/bash
# What was typed is gone after the reboot.
sync
