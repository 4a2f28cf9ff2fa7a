# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for ipcx. It knows nothing itself: 'ipcx complete' does, from the program's own tables.

# The words up to the cursor, without bash's splits at ':' and '=' (COMP_WORDBREAKS).
__ipcx_words() {
	local i piece rest=$COMP_LINE
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		piece=${COMP_WORDS[i]}
		if ((i == 0)) || [[ -z $rest || $rest == [[:space:]]* ]]; then
			rest=${rest#"${rest%%[![:space:]]*}"}
			words+=("$piece")
		else
			words[${#words[@]} - 1]+=$piece
		fi
		rest=${rest#"$piece"}
	done
}

_ipcx() {
	local line candidate cur prefix
	local -a words
	__ipcx_words
	cur=${words[${#words[@]} - 1]}
	# What bash has split off already stays on the line.
	prefix=${cur%"${cur##*[:=]}"}
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:files)
			compopt -o filenames
			while IFS= read -r candidate; do
				COMPREPLY+=("$candidate")
			done < <(compgen -f -- "$cur")
			;;
		:users)
			while IFS= read -r candidate; do
				COMPREPLY+=("$candidate")
			done < <(compgen -u -- "$cur")
			;;
		*)
			# Quoted, so that no name that somebody chose is ever evaluated.
			printf -v candidate %q "${line%%$'\t'*}"
			candidate=${candidate#"$prefix"}
			[[ $candidate == *[=,] || $candidate == *: ]] && compopt -o nospace
			COMPREPLY+=("$candidate")
			;;
		esac
	done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}

complete -F _ipcx ipcx
