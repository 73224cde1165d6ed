. "$(dirname "${BASH_SOURCE[0]}")/machine.sh"
machine_enter "$0" "$@"
OLD=0.1.0 NEW=0.1.0+1
t() { echo "\$ $*"; on sh -c "$*" 2>&1 | tail -n "${TAIL:-40}"; }
network_up; machine_make; machine_boot
cp "$DEB"/iotguard_0*.deb "$DEB"/libiotguard0_*.deb "$MACHINE/root/"
t "dpkg -i iotguard_${OLD}_amd64.deb libiotguard0_${OLD}_amd64.deb"
t systemctl start iotguard.service
t iotguard-load show
mkdir -p "$MACHINE/etc/iotguard/devices"
cat > $MACHINE/root/home.yaml <<Y
version: 1
gateway: {addresses: [10.30.0.1, 10.31.0.1, 203.0.113.1]}
segments:
  ward: {interfaces: [lan0], networks: [10.30.0.0/24]}
  bridged: {interfaces: [lan1], networks: [10.31.0.0/24]}
devices:
  camera:
    mac: "$CAMERA_MAC"
    addresses: [$CAMERA]
    segment: ward
    rules:
      - allow to $ALLOWED icmp/echo-request
  pump: {mac: "$PUMP_MAC", addresses: [$PUMP], segment: bridged}
Y
t iotguard-load check home.yaml
t install -m 600 home.yaml /etc/iotguard/inventory.yaml
t systemctl enable --now iotguard.service iotguard.path
t iotguard-load show
t "systemctl status --no-pager iotguard.service"
t systemctl enable --now iotguardd.service
echo "== path"
t "sed -i s/203.0.113.10/203.0.113.20/ /etc/iotguard/inventory.yaml"
until_true 10 pings camera "$LATER"
t "journalctl --no-pager -q -b -u iotguard-reload"
t "echo 'devices: {' >>/etc/iotguard/inventory.yaml"
until_true 10 sh -c "nsenter --target $LEADER -a systemctl is-failed iotguard-reload"
t "systemctl status --no-pager iotguard-reload.service"
t "iotguard-load show"
t install -m 600 home.yaml /etc/iotguard/inventory.yaml
until_true 10 pings camera "$ALLOWED"
t "systemctl is-failed iotguard-reload.service"
echo "== upgrade"
t "iotguard-load show interfaces"
stream camera $ALLOWED; stream camera $REFUSED
t "dpkg -i iotguard_${NEW}_amd64.deb libiotguard0_${NEW}_amd64.deb"
counted camera $ALLOWED; tail -3 $LAB/stream-camera-$ALLOWED; counted camera $REFUSED;  tail -3 $LAB/stream-camera-$REFUSED
t "iotguard-load show interfaces"
t "iotguard-load version"
t "echo '# a remark' >>/etc/iotguard/inventory.yaml; systemctl stop iotguard.path"
t "dpkg -i iotguard_${OLD}_amd64.deb libiotguard0_${OLD}_amd64.deb"
t "systemctl reload iotguard.service"
t "iotguard-load version"
t "iotguard-load show"
t systemctl start iotguard.path
echo "== backstop"
t "systemctl enable --now iotguard-backstop.service"
t "echo 'lan*' >/etc/iotguard/backstop.conf; systemctl enable --now iotguard-backstop.service"
thing guest lan7 02:00:5e:10:00:77 10.37.0.2 10.37.0.1
on ip address add 10.37.0.1/24 dev lan7;	on ip link set lan7 up
until_true 5 pings guest 10.37.0.1
pings guest $ALLOWED
t "nft list table inet iotguard_backstop"
t "systemctl disable --now iotguard-backstop.service; nft list tables"
ip netns del guest
echo "== boot"
t systemctl start iotguard.path
machine_halt; machine_boot
t "systemd-analyze critical-chain --no-pager networking.service"
t "systemctl show -p ExecMainExitTimestampMonotonic iotguard.service; systemctl show -p ExecMainStartTimestampMonotonic systemd-sysctl.service networking.service"
t "journalctl --no-pager -q -b -o short-monotonic -u iotguard -u systemd-sysctl -u networking -u iotguard-cover"
t "systemd-analyze security --no-pager iotguard.service | tail -1"
echo "== remove"
t "apt-get remove -y iotguard 2>&1 | grep -v '^Reading\|^Building'"
t "mountpoint /run/iotguard/bpf"
pings camera $ALLOWED && echo allowed passes; pings camera $REFUSED || echo refused does not
t "umount /run/iotguard/bpf"
pings camera $REFUSED && echo refused passes
t "apt-get purge -y iotguard 2>&1 | grep -v '^Reading\|^Building'; ls /etc/iotguard /var/lib/iotguard"
