# How one library is built: flags, surroundings, steps. Part of the key of every cache entry.

# set_flags LIBRARY: CFLAGS and LDFLAGS.
set_flags() {
	case $(flavour_of "$1") in
	dev)
		CFLAGS="-O1 -g -fno-omit-frame-pointer"
		LDFLAGS=
		;;
	*)
		CFLAGS="-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fstack-protector-strong"
		# Optimised once more with all of the program in sight: 45 kB less. OpenSSL gains nothing and takes a minute.
		if [ "$1" != openssl ]; then CFLAGS="$CFLAGS -flto"; fi
		# Without it musl-gcc makes a dynamic program, which configure scripts could not run.
		LDFLAGS=-static-pie
		;;
	esac
	# musl is what the stack protector is made of, and does not link with itself.
	if [ "$1" = musl ]; then
		CFLAGS="-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"
		LDFLAGS=
	fi
}

# write_compiler DIRECTORY TREE LIBRARY: put the compiler under the bare name `cc` into DIRECTORY. Whatever is a path
# goes here and not into CFLAGS, because PostgreSQL and OpenSSL compile their flags into the library.
write_compiler() {
	local real=$compiler need
	for need in $(needs_of "$3"); do
		if [ "$need" = musl ]; then real=$(entry musl)/bin/musl-gcc; fi
	done
	{
		printf '#!/bin/sh\n'
		# OpenSSL's generators ask the assembler's version. This answer makes them leave out the AVX-512 code, which
		# with its relocations is 790 kB, and keep AVX2.
		printf 'case " $* " in *" -Wa,-v "*) echo "GNU assembler version 2.24"; exit 0 ;; esac\n'
		printf 'exec %s -ffile-prefix-map=%s=.' "$real" "$2"
		for need in $(needs_of "$3"); do
			[ "$need" = musl ] || printf ' -I%s/include -L%s/lib' "$(entry "$need")" "$(entry "$need")"
		done
		printf ' "$@"\n'
	} >"$1/cc"
	chmod +x "$1/cc"
}

# run_step STEP LIBRARY TREE BIN FINAL DESTINATION: one of a recipe's functions (configure, compile, install_files) in
# the unpacked TREE. It runs in an environment of its own, so that no CFLAGS, CPATH or locale of the user's gets into
# the result. A recipe sees: CFLAGS, LDFLAGS, $jobs, $flavour, $destination (the directory to install to) and $final
# (the path that this directory will have when it is whole).
run_step() {
	local step=$1 library=$2 tree=$3 bin=$4 final=$5 destination=$6
	set_flags "$library"
	env -i PATH="$bin:$PATH" HOME="$bin" LC_ALL=C TZ=UTC TMPDIR="$bin" SOURCE_DATE_EPOCH=1700000000 \
		CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS" \
		jobs="${WAITFOR_JOBS:-$(nproc)}" flavour="$(flavour_of "$library")" final="$final" destination="$destination" \
		bash -euo pipefail -c '. "$1"; cd "$2"; "$3"' - "$third_party/recipes/$library.sh" "$tree" "$step"
}
