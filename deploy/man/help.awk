# Makes a manual page (man(7)) of what `PROGRAM --help` prints, and of a template, -v page=FILE, in which
# @USAGE@ and @HELP@ stand for it. Input: the help; then for each command a line "@command NAME"
# and the help of that command. What all commands share is taken from the last of them.


# --option[=VALUE], --option VALUE: bold what is typed, italic what stands for something.
function tag_of(left, out, word, rest, value) {
	rest = left
	out = ""
	while (match(rest, /--?[a-z][a-z-]*(\[=[A-Z]+\]| [A-Z][A-Z:.,=]*)?/)) {
		word = substr(rest, RSTART, RLENGTH)
		out = out substr(rest, 1, RSTART - 1)
		rest = substr(rest, RSTART + RLENGTH)
		value = ""
		if (match(word, /[ \[=].*/)) {
			value = substr(word, RSTART)
			word = substr(word, 1, RSTART - 1)
		}
		gsub(/-/, "\\-", word)
		if (value)
			value = substr(value, 1, match(value, /[A-Z]/) - 1) "\\fI" substr(value, match(value, /[A-Z]/)) "\\fR"
		out = out "\\fB" word "\\fR" value
	}
	return out rest
}

function item(tag, text) {
	print ".TP"
	print tag
	if (text != "")
		print plain(text)
	in_item = 1
}

# What stands left of the description, of an option's line.
function left_of(line, left) {
	left = line
	sub(/^ +/, "", left)
	if (match(left, /  +/))
		return substr(left, 1, RSTART - 1)
	if (match(left, /^(-[a-z], )?--[a-z-]+ [A-Z][A-Z:.,=]* [a-z]/))
		return substr(left, 1, RLENGTH - 2)
	return left
}

function heading(text) {
	print ".SH " text
	in_item = 0
	gap = 0
}

function option_line(line, left, text) {
	left = left_of(line)
	text = substr(line, index(line, left) + length(left))
	sub(/^ +/, "", text)
	item(tag_of(left), text)
	gap = 0
}

function text_line(line, word) {
	if (in_item && line ~ /^    /) {
		sub(/^ +/, "", line)
		# a list within: each of its lines has its word
		if (line ~ /^[a-z]+  +/) {
			word = line
			sub(/ .*/, "", word)
			sub(/^[a-z]+ +/, "", line)
			print ".br"
			print "\\fB" word "\\fR: " plain(line)
			return
		}
		print plain(line)
		return
	}
	if (gap || in_item)
		print ".PP"
	in_item = gap = 0
	sub(/^ +/, "", line)
	print plain(line)
}

function convert(line, left) {
	if (line ~ /^ *$/) {
		gap = 1
	} else if (line ~ /^(E|e)xit codes:?$/) {
		heading("EXIT STATUS")
	} else if (line ~ /^environment/) {
		heading("ENVIRONMENT")
	} else if (line ~ /^signals:?$/) {
		heading("SIGNALS")
	} else if (line ~ /Exit codes: /) {
		left = line
		sub(/ *Exit codes: .*/, "", left)
		if (left != "")
			text_line(left)
		sub(/.*Exit codes: /, "", line)
		heading("EXIT STATUS")
		print plain(line)
	} else if (line ~ /^ ? ? ? ? ? ?--?[a-z]/) {
		option_line(line)
	} else if (line ~ /^  [A-Za-z0-9][A-Za-z0-9_, |-]*  +[^ ]/) {
		left = left_of(line)
		item("\\fB" plain(left) "\\fR", substr(line, index(line, left) + length(left) + match(substr(line, index(line, left) + length(left)), /[^ ]/) - 1))
		gap = 0
	} else {
		text_line(line)
	}
}

/^@command / {
	command = $2
	commands[++command_count] = command
	shared = 0
	shared_text = ""
	next
}
/^[Uu]sage: / || (usage_open && /^   /) {
	usage_open = 1
	line = $0
	sub(/^[Uu]sage: /, "", line)
	sub(/^       /, "", line)
	usages[command] = usages[command] line "\n"
	next
}
{
	usage_open = 0
	if (/^Options of every command:$/)
		shared = 1
	else if (shared)
		shared_text = shared_text $0 "\n"
	else
		texts[command] = texts[command] $0 "\n"
}

function print_lines(all, count, lines, i) {
	count = split(all, lines, "\n")
	in_item = gap = 0
	for (i = 1; i <= count; i++)
		convert(lines[i])
}

function print_usage(command, count, lines, i) {
	print ".nf"
	count = split(usages[command], lines, "\n")
	for (i = 1; i < count; i++)
		print plain(lines[i])
	print ".fi"
}

END {
	print ".\\\" Made of " page " and of what the program's --help prints."
	template_until("@USAGE@")
	print_usage("")
	template_until("@HELP@")
	if (!command_count) {
		print ".SH OPTIONS"
		print_lines(texts[""])
	} else {
		print ".SH COMMANDS"
		for (i = 1; i <= command_count; i++) {
			print ".SS " commands[i]
			print_usage(commands[i])
			print ".PP"
			print_lines(texts[commands[i]])
		}
		print ".SH OPTIONS OF EVERY COMMAND"
		print_lines(shared_text)
	}
	template_until("\001")
}
