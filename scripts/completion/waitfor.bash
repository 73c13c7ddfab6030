# bash completion for waitfor. The options are those of waitfor --help=json; scripts/docs puts them in.
# shellcheck shell=bash

# Is the word an option whose argument is the next word?
_waitfor_takes_next() {
	case $1 in
	@takers@
	esac
	@bundle@
}

# _waitfor_offer VALUE [WORD HELP]...: the words that begin with VALUE, which is the end of cur. The help is shown where
# the words are listed (the second Tab), and never gets into the line.
_waitfor_offer() {
	local value=$1 word before kept='' breaks='' i
	local -a found=() helps=()

	[[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
	[[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
	[[ $breaks ]] && kept=${cur%"${cur##*["$breaks"]}"}
	before=${cur%"$value"}
	shift
	for (( ; $# > 1; )); do
		if [[ $1 == "$value"* ]]; then
			word=$before$1
			found+=("${word#"$kept"}")
			helps+=("$2")
		fi
		shift 2
	done
	((${#found[@]})) || return 0 # old shells take an empty array for unset (set -u)
	[[ ${found[0]} == *[:/] ]] && compopt -o nospace
	if ((${#found[@]} > 1)) && [[ $COMP_TYPE == 63 || $COMP_TYPE == 33 ]]; then
		for i in "${!found[@]}"; do
			[[ ${helps[i]} ]] && printf -v 'found[i]' '%-18s  (%s)' "${found[i]}" "${helps[i]}"
		done
	fi
	COMPREPLY+=("${found[@]}")
}

_waitfor_files() { # VALUE
	local word
	local -a pairs=()

	while IFS= read -r word; do pairs+=("$word" ''); done < <(compgen -f -- "$1")
	((${#COMPREPLY[@]})) || compopt -o filenames
	_waitfor_offer "$1" "${pairs[@]}"
}

_waitfor_argument() { # OPTION VALUE
	local value=$2 word files=''
	local -a words=() pairs=()

	case $1 in
	@arguments@
	esac
	for word in "${words[@]}"; do
		if [[ $files && $value == "$word"* ]]; then
			_waitfor_files "${value#"$word"}"
			return
		fi
		pairs+=("$word" '')
	done
	_waitfor_offer "$value" "${pairs[@]}"
	[[ $files ]] && _waitfor_files "$value"
}

_waitfor_target() {
	local value=$cur word
	local -a pairs=(
		@schemes@
	)

	[[ $value =~ ^[A-Za-z_][A-Za-z0-9_.-]*=(.*)$ ]] && value=${BASH_REMATCH[1]}
	if [[ $value == *://* ]]; then
		value=${value#*://}
		pairs=()
	fi
	while IFS= read -r word; do pairs+=("$word" ''); done < <(compgen -A hostname -- "$value")
	_waitfor_offer "$value" "${pairs[@]}"
}

# Behind "--" stands another command line, which is none of ours. AT is the command's index in COMP_WORDS.
_waitfor_command() { # AT
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	else
		compopt -o filenames
		mapfile -t COMPREPLY < <(if (($1 == COMP_CWORD)); then compgen -c -- "$cur"; else compgen -f -- "$cur"; fi)
	fi
}

_waitfor() {
	local line=${COMP_LINE:0:COMP_POINT} rest word cur option='' i
	local -a words=() starts=() options=(
		@options@
	)

	COMPREPLY=()
	# Bash breaks words at '=' and ':' too. Here they are put together as they stand in the line, up to the cursor.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		rest=${line#"${line%%[![:space:]]*}"}
		word=${COMP_WORDS[i]}
		((i == COMP_CWORD)) && word=$rest
		if ((i)) && [[ $rest == "$line" ]]; then
			words[-1]+=$word
		else
			words+=("$word")
			starts+=("$i")
		fi
		line=${rest#"$word"}
	done
	cur=${words[-1]}
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		word=${words[i]}
		if [[ $word == -- ]]; then
			_waitfor_command "${starts[i + 1]}"
			return
		fi
		if [[ $option ]] || ! _waitfor_takes_next "$word"; then
			option=''
		elif [[ $word == --* ]]; then
			option=$word
		else
			option=-${word: -1}
		fi
	done
	if [[ $option ]]; then
		_waitfor_argument "$option" "$cur"
	elif [[ $cur == --*=* ]]; then
		_waitfor_argument "${cur%%=*}" "${cur#*=}"
	elif [[ $cur == -* ]]; then
		_waitfor_offer "$cur" "${options[@]}"
	else
		_waitfor_target
	fi
}

complete -F _waitfor waitfor
