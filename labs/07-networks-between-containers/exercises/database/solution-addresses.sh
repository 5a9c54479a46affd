#!/bin/bash
# Without a new network: addresses that stay, and a rule for what is for the register and not from the booking. With
# br_netfilter, rules see also what goes from one container of a bridge to another.
sudo modprobe br_netfilter # in a system container it is the host's business, and done
cd ~/hotel
for place in booking=200 register=201; do
    sed -i "/^  ${place%=*}:/,/networks:/ s/networks: .*/networks: {hotel: {ipv4_address: 172.30.1.${place#*=}}}/" compose.yaml
done
docker compose up --detach
sudo nft -f - <<'RULES'
table ip register {
    chain visitors {
        type filter hook forward priority -10;
        ip daddr 172.30.1.201 ip saddr != 172.30.1.200 ct state new drop
    }
}
RULES
