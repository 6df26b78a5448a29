# What help.awk and keys.awk share.

# Text as it stands, in a line of its own.
function plain(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	gsub(/'/, "\\(aq", text)
	return (text ~ /^[.]/ ? "\\\\&" : "") text
}

# The template up to the line that is `mark`, or from there to its end. Returns whether the mark came.
function template_until(mark, line) {
	while ((getline line < page) > 0) {
		if (line == mark)
			return 1
		print line
	}
	return 0
}
