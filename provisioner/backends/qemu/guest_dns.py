"""The guest's name service, which QEMU's own network offers even where it leads nowhere.

`iptables -L` asks for a name for each address: half a minute of waiting, each time. A stored machine knows of no name
server, so that it says at once that there is none; a machine with internet is told again.
"""

_SERVER = "10.0.2.3"  # QEMU's
_CARD = """\
command -v resolvectl >/dev/null || exit 0
card=$(ip -o -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p;q')
[ -n "$card" ] || exit 0
file=$(sed -n 's/^NETWORK_FILE=//p' "/run/systemd/netif/links/$(cat /sys/class/net/$card/ifindex)")
note=/etc/systemd/network/${file##*/}.d
"""
# Now, and at the next boot.
FORGET = f"""(
{_CARD}
resolvectl dns "$card" ""
mkdir -p "$note"
printf '[DHCPv4]\\nUseDNS=no\\n' >"$note/offline.conf"
)
"""
KNOW = f"""(
{_CARD}
rm -rf "$note"
resolvectl dns "$card" {_SERVER}
)
"""
