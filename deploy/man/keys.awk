# Makes the manual page of gateway.ini of `uav-gateway --print-reference` and of a template, -v
# page=FILE, in which @KEYS@ stands for it.

function forget() {
	text = ""
}

# "# Sentences. Value: ...": what the key is for, and what may stand there.
function print_text(at) {
	at = match(text, / Value: /)
	if (!at) {
		print plain(text)
		return
	}
	print plain(substr(text, 1, at - 1))
	print ".br"
	print plain(substr(text, at + 1))
}

function print_section(name) {
	sub(/:[^\]]*\]/, ":NAME]", name)
	print ".SS \"" plain(name) "\""
	print_text()
	forget()
}

function print_key(name) {
	sub(/ = .*/, "", name)
	sub(/^channel\..*/, "channel.*", name)
	print ".TP"
	print "\\fB" plain(name) "\\fR"
	print_text()
	forget()
}

BEGIN {
	print ".\\\" Made of " page " and of what `uav-gateway --print-reference` prints."
	template_until("@KEYS@")
}
/^$/ { forget(); next }
/^\[/ { print_section($0); next }
/^(# )?[a-z_.]+ = / && (text ~ / Value: /) { sub(/^# /, ""); print_key($0); next }
/^# / { text = text (text == "" ? "" : " ") substr($0, 3) }
END { template_until("\001") }
