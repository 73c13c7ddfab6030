# What every script in third-party/ shares: where things are, what is to be built, what an entry is called.
# Sourced by bash with `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
third_party=$root/third-party
lock_file=${WAITFOR_LOCK:-$third_party/sources.lock}
cache=${WAITFOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/waitfor}
case $cache in
/*) ;;
*) cache=$PWD/$cache ;;
esac

say() { printf 'third-party: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
# What must not scroll by unseen.
shout() { printf '\nthird-party: WARNING: %s\n\n' "$*" >&2; }

. "$third_party/lib/cross.sh"

# --- the table of libraries ------------------------------------------------------------------------------------------

# column LIBRARY N: one cell of the table in third-party/libraries.
column() { awk -v name="$1" -v n="$2" '$1 == name { print $n }' "$third_party/libraries"; }

# libraries_of VARIANT: the names, in the order of the table.
libraries_of() { awk -v v="$1" '!/^#/ && index("," $2 ",", "," v ",") { print $1 }' "$third_party/libraries"; }

all_libraries() { awk '!/^#/ && NF { print $1 }' "$third_party/libraries"; }

# --- the lock --------------------------------------------------------------------------------------------------------
# A stanza per library, as in Debian's control files: "Field: value" lines, then one " SHA256 POOL-PATH" line per file.

# stanza LIBRARY [FILE]: the stanza as text; nothing if there is none.
stanza() {
	awk -v name="$1" '/^Library:/ { on = ($2 == name) } on && NF { print }' "${2:-$lock_file}"
}

field() { awk -v key="$1:" '$1 == key { print $2; exit }'; } # field KEY <stanza

stanza_files() { awk '/^ / { print $1, $2 }'; } # lines "SHA256 POOL-PATH" <stanza

# A version that had to be taken instead of the pinned one (see fetch.sh) is remembered beside the cache, under the
# digest of the pinned stanza, so that it neither changes the tree nor outlives a new pin.
substitute_file() { printf '%s/substitutes/%s\n' "$cache" "$(stanza "$1" | digest)"; }

# effective_stanza LIBRARY: what will really be built.
effective_stanza() {
	local substitute
	substitute=$(substitute_file "$1")
	if [ -s "$substitute" ]; then cat "$substitute"; else stanza "$1"; fi
}

# 2.1.12-stable-8 -> 2.1.12
upstream_version() { sed -E 's/^[0-9]+://; s/-[^-]*$//; s/-stable$//; s/[+~](dfsg|ds).*$//'; }

# --- names of cache entries ------------------------------------------------------------------------------------------

digest() { sha256sum | cut -c1-16; }

# What a library's build depends on beside its recipe and its source: a change in any of these is a new entry.
compiler_identity() {
	"$compiler" --version | head -n 1
	"$compiler" -dumpmachine
	"${triplet:+$triplet-}ld" --version | head -n 1
	[ -z "$triplet" ] || sed '/^[[:space:]]*#/d' "$third_party/lib/cross.sh"
}

# set_architecture: $foreign and $triplet from WAITFOR_ARCH, Debian's name of the machine that is built for. Both are
# empty if that is this one.
set_architecture() {
	foreign=${WAITFOR_ARCH:-}
	triplet=
	if [ "$foreign" = "$(dpkg --print-architecture)" ]; then foreign=; fi
	[ -n "$foreign" ] || return 0
	triplet=$(triplet_of "$foreign")
	[ "$variant" != dev ] || die "the variant dev is for working on waitfor, and is built for this machine only"
	command -v "$triplet-gcc" >/dev/null || die "no $triplet-gcc here; run: scripts/install-packages cross"
	compiler=$triplet-gcc
}

# set_variant VARIANT: checks it, and sets $variant, $compiler, $foreign and $triplet.
set_variant() {
	variant=$1
	compiler=gcc
	case $variant in
	release | tls | dev) ;;
	*) die "there is no variant '$variant'; it is one of release, tls, dev" ;;
	esac
	# Makefiles of half the libraries, and make itself, take a blank for the end of a path.
	case $cache in *[[:space:]]*) die "the cache's path '$cache' has a blank in it; set WAITFOR_CACHE to one without" ;; esac
	set_architecture
	command -v "$compiler" >/dev/null || die "no $compiler here; run: scripts/install-packages build"
	identity=$(compiler_identity)
}

# Libraries that know nothing of TLS are the same in both static variants, and are built once.
flavour_of() {
	case $variant:$1 in
	tls:libevent | tls:libpq | tls:openssl | tls:nghttp2 | tls:curl) echo tls ;;
	tls:*) echo release ;;
	*) echo "$variant" ;;
	esac
}

# What has to be there before: musl is the compiler's C library, the others are what a library is configured with.
needs_of() {
	case $variant:$1 in
	dev:* | *:musl) ;;
	tls:libevent | tls:libpq) echo musl openssl ;;
	tls:curl) echo musl openssl nghttp2 ;;
	*) echo musl ;;
	esac
}

# suffix: what names of entries say beside the flavour.
suffix() { printf '%s' "${foreign:+-$foreign}"; }

# entry LIBRARY: the cache directory of a built library; it exists only if the build was completed.
entry() {
	local library=$1 flavour version need key
	flavour=$(flavour_of "$library")
	version=$(effective_stanza "$library" | field Version | upstream_version)
	key=$(
		{
			# Their text but for comments, which may be bettered at no cost.
			sed '/^[[:space:]]*#/d' "$third_party/recipes/$library.sh" "$third_party/lib/compile.sh"
			effective_stanza "$library"
			printf '%s\n' "$flavour" "$identity"
			for need in $(needs_of "$library"); do entry "$need"; done
		} | digest
	)
	printf '%s/built/%s-%s-%s%s-%s\n' "$cache" "$library" "$version" "$flavour" "$(suffix)" "$key"
}

# prefix: the directory that joins all libraries of the variant: include/, lib/, `versions` ("LIBRARY VERSION
# PACKAGE-VERSION" lines) and, with musl, bin/musl-gcc.
prefix() {
	local library key
	key=$({ echo layout 2 && for library in $(libraries_of "$variant"); do entry "$library"; done; } | digest)
	printf '%s/prefix/%s%s-%s\n' "$cache" "$variant" "$(suffix)" "$key"
}
