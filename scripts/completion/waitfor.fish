# fish completion for waitfor. The options are those of waitfor --help=json; scripts/docs puts them in.

# Behind "--" stands another command line, which is none of ours.
function __waitfor_has_command
	contains -- -- (commandline -opc)
end

function __waitfor_command
	set -l words (commandline -opc)
	set -l at (math (contains -i -- -- $words) + 1)
	set -l line
	if test $at -le (count $words)
		set line (string escape -- $words[$at..-1])
	end
	complete --do-complete="$(string join ' ' -- $line (commandline -ct))"
end

function __waitfor_targets
	set -l before (string match -r '^(?:[A-Za-z_][A-Za-z0-9_.-]*=)?(?:[a-z]+://)?' -- (commandline -ct))
	if not string match -q '*://' -- $before
		printf "$before%s\t%s\n" \
			@schemes@
			;
	end
	for host in (__fish_print_hostnames)
		echo $before$host
	end
end

complete -c waitfor -n __waitfor_has_command -f -a '(__waitfor_command)'
complete -c waitfor -n 'not __waitfor_has_command' -f -a '(__waitfor_targets)'
@options@
