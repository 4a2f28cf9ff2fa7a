# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for ipcx. All candidates come from 'ipcx complete', which uses the program's own tables.

# Split the line up to the cursor into words, without quotes and without evaluating anything. Also set quote (the quote that is still open)
# and kept (the part of the last word that stays on the line, because bash completes only what follows a quote or a
# character of COMP_WORDBREAKS).
__ipcx_read() {
	local c word='' begun='' rest=${COMP_LINE:0:COMP_POINT}
	words=() quote='' kept=''
	while [[ -n $rest ]]; do
		c=${rest:0:1} rest=${rest:1}
		case $quote$c in
		[[:blank:]])
			[[ -z $begun ]] || words+=("$word")
			word='' begun='' kept=''
			continue
			;;
		\' | \") quote=$c kept=$word ;;
		\'\' | \"\") quote='' ;;
		\\ | \"\\)
			[[ -z $quote || ${rest:0:1} == [\$\`\"\\] ]] || word+=$c
			word+=${rest:0:1} rest=${rest:1}
			;;
		*)
			word+=$c
			[[ -n $quote || $COMP_WORDBREAKS != *"$c"* ]] || kept=$word
			;;
		esac
		begun=1
	done
	words+=("$word")
}

# Offer a whole word as the text that replaces the end of the line, quoted so that no name is evaluated.
__ipcx_offer() {
	local text=${1#"$kept"}
	case $quote in
	\') text=${text//\'/\'\\\'\'} ;;
	\") text=$(printf %s "$text" | sed 's/[\\$`"]/\\&/g') ;;
	*) printf -v text %q "$text" && text=${text//\\,/,} ;;
	esac
	[[ $1 != *[=:,/] ]] || compopt -o nospace
	COMPREPLY+=("$text")
}

_ipcx() {
	local line value option kept quote
	local -a words
	__ipcx_read
	value=${words[${#words[@]} - 1]}
	option=
	[[ $value != --*=* ]] || option=${value%%=*}= value=${value#*=}
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:files)
			compopt -o filenames # let bash quote them and mark directories
			while IFS= read -r line; do
				line=$option$line
				COMPREPLY+=("${line#"$kept"}")
			done < <(compgen -f -- "$value")
			;;
		:users)
			while IFS= read -r line; do
				__ipcx_offer "$option$line"
			done < <(compgen -u -- "$value")
			;;
		:groups) # after the colon of USER:GROUP
			while IFS= read -r line; do
				__ipcx_offer "$option${value%%:*}:$line"
			done < <(compgen -g -- "${value#*:}")
			;;
		*) __ipcx_offer "${line%%$'\t'*}" ;;
		esac
	done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}

complete -F _ipcx ipcx
