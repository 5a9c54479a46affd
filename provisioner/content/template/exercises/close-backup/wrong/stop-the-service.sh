#!/bin/bash
# Nobody reaches it now, not even those who need it.
sudo systemctl stop backup
