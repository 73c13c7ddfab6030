#compdef waitfor
# zsh completion for waitfor. The options are those of waitfor --help=json; scripts/docs puts them in.

_waitfor_target() {
	local -a schemes=(
		@schemes@
	)

	compset -P '[A-Za-z_][A-Za-z0-9_.-]#='
	if compset -P '*://'; then
		_hosts
	else
		_describe -t schemes 'kind of target' schemes -S ''
		_hosts
	fi
}

_waitfor_prefixed() { # WORD...: "WORD:" may stand in front of a file
	if compset -P "(${(j:|:)@}):"; then
		_files
	else
		compadd -S : -X form -- "$@"
		_files
	fi
}

_waitfor() {
	local at=${words[(i)--]}

	# Behind "--" stands another command line, which is none of ours.
	if (( at < CURRENT )); then
		shift at words
		(( CURRENT -= at ))
		_normal
		return
	fi
	_arguments -s : \
		@options@
		'*:target:_waitfor_target'
}

_waitfor "$@"
