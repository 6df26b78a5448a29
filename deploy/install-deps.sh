#!/usr/bin/env bash
# Installs what is missing to build, run and test the gateway, on Debian and
# Ubuntu; elsewhere lists what is needed and stops.
#
#   deploy/install-deps.sh         what `make`, `make demo` and `make check` need
#   deploy/install-deps.sh --dev   also what `make lint`, `make fuzz`, `make check-valgrind` need
#   deploy/install-deps.sh --firmware   also what `make firmware-size` needs
#   deploy/install-deps.sh --ns3   also what `make ns3-sim` needs
#   deploy/install-deps.sh --bench-peers   also the brokers that `make bench-peers` measures;
#                                  Debian would start those that it installs, this does not
#   deploy/install-deps.sh --list  only says what that would be
set -eu

packages=(
	gcc make git            # C11 compiler, build
	libuv1-dev              # event loop
	protobuf-compiler       # protoc
	protobuf-c-compiler     # C code from the .proto files
	libprotobuf-c-dev       # its run time
	libinih-dev             # gateway.ini
	libssl-dev              # TLS, proofs of secrets
	openssl                 # certificates of the tests
	libjansson-dev          # JSON output of uav-drone
	libedit-dev             # the console's line: editing, history
	libsystemd-dev          # sockets that are inherited, what a service manager is told
	gnuplot-nox             # sim-stub --plot
	libcmocka-dev           # unit tests
	python3                 # test runner, demo
	python3-protobuf        # drones and simulators of the tests
	python3-yaml            # reads the job files of CI.md, in a test
	nanopb libnanopb-dev    # checks proto/*.options
	netcat-openbsd          # nc: a drone that speaks the text protocol, in tests and in its tour
)
dev_packages=(
	clang clang-format clang-tidy cppcheck valgrind
	shellcheck              # shell scripts, completion
	man-db                  # shows the manual pages, with their warnings
)
firmware_packages=(
	gcc-arm-none-eabi         # compiler for Cortex-M
	libnewlib-arm-none-eabi   # its C library
	liblwip-dev               # headers, for the example on lwIP
)
ns3_packages=(
	g++                       # ns-3 is C++
	libns3-dev                # its propagation classes
)
# Each package has the program and the service of this name.
peer_packages=(
	nats-server redis-server mosquitto
)
# the fuzzers' run time: a package of its own on Debian, part of clang on Ubuntu
if apt-cache show libclang-rt-dev >/dev/null 2>&1; then
	dev_packages+=(libclang-rt-dev)
fi

list=no
for argument in "$@"; do
	case "$argument" in
	--dev) packages+=("${dev_packages[@]}") ;;
	--firmware) packages+=("${firmware_packages[@]}") ;;
	--ns3) packages+=("${ns3_packages[@]}") ;;
	--bench-peers) packages+=("${peer_packages[@]}") ;;
	--list) list=yes ;;
	*)
		echo "install-deps.sh: unknown option $argument (known: --dev, --firmware, --ns3, --bench-peers, --list)" >&2
		exit 2
		;;
	esac
done

if [ "$list" = yes ]; then
	printf '%s\n' "${packages[@]}"
	exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	{
		echo "install-deps.sh: this is not Debian or Ubuntu. Install what corresponds to these"
		echo "Debian packages, then run make again:"
		printf '  %s\n' "${packages[@]}"
	} >&2
	# Somebody who has installed them by hand can go on.
	if command -v protoc-c >/dev/null &&
		pkg-config --exists libuv libprotobuf-c inih libssl jansson libedit libsystemd cmocka 2>/dev/null &&
		python3 -c 'import google.protobuf' 2>/dev/null; then
		echo "install-deps.sh: they seem to be here; going on." >&2
		exit 0
	fi
	exit 1
fi

missing=()
for package in "${packages[@]}"; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "install-deps.sh: installing ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "install-deps.sh: not root and no sudo; as root run: apt-get install ${missing[*]}" >&2
		exit 1
	fi
	as_root=(sudo)
fi

# The brokers are measured in processes of their own: as services they would only hold
# ports and processor. Those that were here before are left as they are.
services=()
for package in "${missing[@]}"; do
	case " ${peer_packages[*]} " in
	*" $package "*) services+=("$package") ;;
	esac
done

# Packages start services only if this program lets them (invoke-rc.d(8)). A system, or a
# container, that has one keeps it.
policy=/usr/sbin/policy-rc.d
made_policy=no
log=$(mktemp)
clean_up() {
	rm -f "$log"
	[ $made_policy = no ] || "${as_root[@]}" rm -f "$policy"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

if [ ${#services[@]} -gt 0 ] && [ ! -e $policy ]; then
	made_policy=yes
	"${as_root[@]}" tee $policy >/dev/null <<-END
		#!/bin/sh
		# Of deploy/install-deps.sh, which removes it when it ends.
		# 101: not to be started; 104: to be started as usual
		for word in "\$@"; do
			case "\${word%.service}" in
			$(
				IFS='|'
				echo "${services[*]}"
			)) exit 101 ;;
			esac
		done
		exit 104
	END
	"${as_root[@]}" chmod 755 $policy
fi

export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update &&
	"${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "install-deps.sh: apt-get could not install ${missing[*]} (its last lines are above)" >&2
	exit 1
fi

# Nor are they started when the system is.
for service in "${services[@]}"; do
	if command -v systemctl >/dev/null; then
		"${as_root[@]}" systemctl --quiet disable "$service" >/dev/null 2>&1 ||
			echo "install-deps.sh: the service $service is still enabled; systemctl disable $service ends that" >&2
	fi
done
