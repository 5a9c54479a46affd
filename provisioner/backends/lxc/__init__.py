"""System containers by LXC, as far as it leaves that to us: what provisioner/drivers/lxc.py stands on."""
