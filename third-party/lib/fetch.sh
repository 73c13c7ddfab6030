# Fetching: Debian's signed source packages, through an apt of our own whose state is in our cache.
# The system's sources, lists and cache are neither read nor written; only its Acquire settings (proxies, time-outs)
# and the addresses of its mirrors are taken over.

apt_dir=$cache/apt
keyring=${WAITFOR_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
snapshot_site=${WAITFOR_SNAPSHOT:-https://snapshot.debian.org/archive}
all_suites="bookworm trixie testing bookworm-security trixie-security testing-security"

# archive_of SUITE: security pockets are an archive of their own.
archive_of() { case $1 in *-security) echo debian-security ;; *) echo debian ;; esac; }

# mirror ARCHIVE: what the environment says, else the mirror that the system's own apt uses, else Debian's.
mirror() {
	local found
	case $1 in
	debian) found=${WAITFOR_MIRROR:-} ;;
	*) found=${WAITFOR_SECURITY_MIRROR:-} ;;
	esac
	[ -n "$found" ] || found=$(env -u APT_CONFIG apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null | grep -E -m 1 "^(http|https|file):.*/$1/? main\$") || true
	found=${found% main}
	found=${found:-http://deb.debian.org/$1}
	printf '%s\n' "${found%/}"
}

# private_apt COMMAND...: run an apt program in our own state.
private_apt() { APT_CONFIG=$apt_dir/apt.conf "$@"; }

suites_read=

# prepare_apt SUITE...: write our configuration and read the suites' indices. apt checks their signatures.
prepare_apt() {
	local suite
	[ "$suites_read" != "$*" ] || return 0
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
	{
		env -u APT_CONFIG apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|ForceIPv|Check-|Max-)' || true
		printf '%s\n' 'Dir::Etc::main "/dev/null";' 'Dir::Etc::parts "/dev/null";' 'Dir::Etc::sourceparts "/dev/null";' \
			"Dir::Etc::sourcelist \"$apt_dir/sources.list\";" "Dir::State \"$apt_dir\";" \
			'Dir::State::status "/dev/null";' "Dir::Cache \"$apt_dir/cache\";" \
			'Acquire::Languages "none";' 'Acquire::AllowInsecureRepositories "false";' 'APT::Sandbox::User "root";'
	} >"$apt_dir/apt.conf"
	for suite in "$@"; do
		printf 'deb-src [signed-by=%s] %s %s main\n' "$keyring" "$(mirror "$(archive_of "$suite")")" "$suite"
	done >"$apt_dir/sources.list"
	say "reading the source indices of: $*"
	private_apt apt-get update -qq >&2 || return 1
	suites_read=$*
}

# verified DIRECTORY <lines "SHA256 PATH": true if all the files are there and are what the lines say.
verified() {
	local sum path
	[ -d "$1" ] || return 1
	while read -r sum path; do
		printf '%s  %s\n' "$sum" "$1/${path##*/}"
	done | sha256sum --check --status --strict 2>/dev/null
}

# The ways to get the files of a stanza into a directory. Each may leave rubbish behind: the caller verifies.

from_apt() { # as apt-get source does it: index signed by Debian, file named by the index
	local text=$1 directory=$2
	prepare_apt $(awk '$1 == "Suite:" { print $2 }' "$lock_file" | sort -u) || return 1 # all at once: once is enough
	(cd "$directory" && private_apt apt-get source -qq --download-only --only-source \
		"$(field Source <<<"$text")=$(field Version <<<"$text")") >&2
}

from_address() { # ADDRESS-OF-ARCHIVE: the file itself, checked against the lock's digest
	local text=$1 directory=$2 base=$3 sum path
	while read -r sum path; do
		private_apt /usr/lib/apt/apt-helper -qq download-file \
			"$base/$path" "$directory/${path##*/}" "SHA256:$sum" >&2 || return 1
	done < <(stanza_files <<<"$text")
}

from_mirror() { from_address "$1" "$2" "$(mirror "$(field Archive <<<"$1")")"; }

debian_address() { printf 'http://deb.debian.org/%s\n' "$(field Archive <<<"$1")"; }
from_debian() { from_address "$1" "$2" "$(debian_address "$1")"; } # for a mirror that does not have all of it

from_snapshot() { from_address "$1" "$2" "$snapshot_site/$(field Archive <<<"$1")/$(field Snapshot <<<"$1")"; }

sources_of() { printf '%s/sources/%s_%s\n' "$cache" "$(field Source <<<"$1")" "$(field Version <<<"$1")"; } # STANZA

# fetch_stanza STANZA WAY...: the files, verified, in $(sources_of STANZA); false if no way led there.
fetch_stanza() {
	local text=$1 way directory scratch
	shift
	directory=$(sources_of "$text")
	if stanza_files <<<"$text" | verified "$directory"; then return 0; fi
	mkdir -p "$cache/sources" "$cache/tmp"
	for way in "$@"; do
		if [ "$way" = from_debian ] && [ "$(mirror "$(field Archive <<<"$text")")" = "$(debian_address "$text")" ]; then
			continue # that was the mirror
		fi
		scratch=$(mktemp -d "$cache/tmp/fetch.XXXXXX")
		say "fetching $(field Source <<<"$text") $(field Version <<<"$text") (${way#from_})"
		if "$way" "$text" "$scratch" && stanza_files <<<"$text" | verified "$scratch"; then
			rm -rf "$directory"
			chmod 755 "$scratch"
			sync -f "$scratch"
			mv -T "$scratch" "$directory"
			return 0
		fi
		rm -rf "$scratch"
	done
	return 1
}

# fetch LIBRARY: the pinned version; where it is gone from everywhere, loudly, the newest that can be had.
fetch() {
	local library=$1 pinned substitute newest
	pinned=$(stanza "$library")
	[ -n "$pinned" ] || die "$lock_file has no stanza for $library; run: make update-sources"
	substitute=$(substitute_file "$library")
	if [ -s "$substitute" ]; then
		fetch_stanza "$(cat "$substitute")" from_apt from_mirror from_debian from_snapshot && return 0
		rm -f "$substitute"
	fi
	fetch_stanza "$pinned" from_apt from_mirror from_debian from_snapshot && return 0
	say "$library: the pinned version cannot be fetched; looking for the newest that can"
	prepare_apt $all_suites || say "not all of the indices could be read"
	newest=$(newest_stanza "$library") || die "$library: no version at all can be fetched; is the network there?"
	mkdir -p "${substitute%/*}"
	printf '%s\n' "$newest" >"$substitute.new"
	mv "$substitute.new" "$substitute"
}

# Yesterday's substitutes are tried again: a mirror may have been out of step.
forget_old_substitutes() { find "$cache/substitutes" -type f -mmin +1440 -delete 2>/dev/null || true; }

# warn_of_substitutes LIBRARY...: at every build, not only at the one that had to choose.
warn_of_substitutes() {
	local library substitute
	[ -d "$cache/substitutes" ] || return 0
	for library; do
		substitute=$(substitute_file "$library")
		[ ! -s "$substitute" ] || shout "$library: the pinned version $(stanza "$library" | field Version) could not" \
			"be fetched from the archive, its pool or the snapshot archive; $(field Version <"$substitute") is used" \
			"instead. To pin that: make update-sources"
	done
}

# --- choosing versions -----------------------------------------------------------------------------------------------

# candidates LIBRARY: lines "SOURCE VERSION" that the indices know, the most wanted first.
candidates() {
	local source
	for source in $(column "$1" 3 | tr , ' '); do
		private_apt apt-cache madison "$source" 2>/dev/null |
			awk -F ' *[|] *' -v want="$(column "$1" 4)" '$3 ~ /Sources$/ && index($2, want) == 1 { print $2 }' |
			sort -u | newest_first | sed "s/^/$source /"
	done
}

newest_first() { # Debian's order of versions: an insertion sort, since sort(1) does not know what ~ means
	local version other sorted=() next
	while read -r version; do
		next=()
		for other in "${sorted[@]}"; do
			if [ -n "$version" ] && dpkg --compare-versions "$version" gt "$other"; then
				next+=("$version")
				version=
			fi
			next+=("$other")
		done
		sorted=("${next[@]}" ${version:+"$version"})
	done
	[ ${#sorted[@]} -eq 0 ] || printf '%s\n' "${sorted[@]}"
}

# describe LIBRARY SOURCE VERSION: the stanza of one version, from the signed indices.
describe() {
	local suite
	suite=$(private_apt apt-cache madison "$2" |
		awk -F ' *[|] *' -v v="$3" '$2 == v { split($3, w, " "); sub("/.*", "", w[2]); print w[2] }' |
		# The ordinary archive rather than a security pocket, and an older suite rather than a newer: it stays longer.
		awk '{ print ($1 ~ /-security$/) " " ($1 == "testing") " " $1 }' | sort | awk 'NR == 1 { print $3 }')
	printf 'Library: %s\nSource: %s\nVersion: %s\nSuite: %s\nArchive: %s\nSnapshot: %s\nFiles:\n' \
		"$1" "$2" "$3" "$suite" "$(archive_of "$suite")" "$(date -u +%Y%m%dT%H0000Z)"
	private_apt apt-cache showsrc --only-source "$2" | awk -v v="$3" -v pocket="$(archive_of "$suite")" '
		# Paragraphs are separated by empty lines; one version may stand in two archives, in different directories.
		function finish() {
			if (version == v && (directory ~ /^pool\/updates\//) == (pocket == "debian-security") && !done) {
				for (i = 1; i <= n; i++) print " " sum[i] " " directory "/" name[i]
				done = 1
			}
			n = 0; version = directory = ""; in_sums = 0
		}
		/^$/ { finish(); next }
		/^[^ ]/ { in_sums = ($1 == "Checksums-Sha256:") }
		/^Version:/ { version = $2 }
		/^Directory:/ { directory = $2 }
		in_sums && /^ / && $3 !~ /\.asc$/ { sum[++n] = $1; name[n] = $3 }
		END { finish() }'
}

# newest_stanza LIBRARY: the stanza of the newest version whose files really come; false if there is none.
# An index may name a version whose files the mirror does not have yet, or not any more.
newest_stanza() {
	local source version text
	while read -r source version; do
		text=$(describe "$1" "$source" "$version")
		if [ -n "$(stanza_files <<<"$text")" ] && fetch_stanza "$text" from_mirror from_debian; then
			printf '%s\n' "$text"
			return 0
		fi
		say "$1: $version is in the index, but its files cannot be fetched"
	done < <(candidates "$1")
	return 1
}
