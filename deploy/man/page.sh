#!/bin/sh
# Prints the manual page of a program: its --help, and that of each of its commands, in its template.
#
#   deploy/man/page.sh PROGRAM TEMPLATE
set -eu
here=$(dirname "$0")

print_help() {
	"$1" --help
	"$1" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p' | while read -r command; do
		echo "@command $command"
		"$1" "$command" --help
	done
}

print_help "$1" | awk -v page="$2" -f "$here/escape.awk" -f "$here/help.awk"
