#!/usr/bin/env bash
# Installs what is missing to build, run and test the gateway, on Debian and
# Ubuntu; elsewhere lists what is needed and stops.
#
#   deploy/install-deps.sh         what `make`, `make demo` and `make check` need
#   deploy/install-deps.sh --dev   also what `make lint`, `make fuzz`, `make check-valgrind` need
#   deploy/install-deps.sh --list  only says what that would be
set -eu

packages=(
	gcc make git            # C11 compiler, build
	libuv1-dev              # event loop
	protobuf-compiler       # protoc
	protobuf-c-compiler     # C code from the .proto files
	libprotobuf-c-dev       # its run time
	libinih-dev             # gateway.ini
	libjansson-dev          # JSON output of uav-drone
	libcmocka-dev           # unit tests
	python3                 # test runner, demo
	python3-protobuf        # drones and simulators of the tests
	nanopb libnanopb-dev    # checks proto/*.options
)
dev_packages=(
	clang clang-format clang-tidy cppcheck valgrind
)
# the fuzzers' run time: a package of its own on Debian, part of clang on Ubuntu
if apt-cache show libclang-rt-dev >/dev/null 2>&1; then
	dev_packages+=(libclang-rt-dev)
fi

list=no
for argument in "$@"; do
	case "$argument" in
	--dev) packages+=("${dev_packages[@]}") ;;
	--list) list=yes ;;
	*)
		echo "install-deps.sh: unknown option $argument (known: --dev, --list)" >&2
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
		pkg-config --exists libuv libprotobuf-c inih jansson cmocka 2>/dev/null &&
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
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update &&
	"${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "install-deps.sh: apt-get could not install ${missing[*]} (its last lines are above)" >&2
	exit 1
fi
