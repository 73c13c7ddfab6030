# Building for a machine of another kind than this one, with the distribution's cross compiler. What is here changes how
# a recipe is run, and is part of the key of the entries for such machines only: those for this machine stay as they are.

# triplet_of ARCH: Debian's name of an architecture, as compilers call it.
triplet_of() {
	case $1 in
	amd64) echo x86_64-linux-gnu ;;
	arm64) echo aarch64-linux-gnu ;;
	*) die "the libraries cannot be built for '$1'; ARCH is one of amd64, arm64" ;;
	esac
}

# write_cross_tools DIRECTORY TRIPLET: the bare names that recipes and build systems call, into DIRECTORY.
write_cross_tools() {
	local name
	# The ones of gcc know objects of link-time optimisation. gcc itself is what musl's wrapper calls.
	for name in gcc ar:gcc-ar ranlib:gcc-ranlib nm:gcc-nm ld strip objcopy objdump readelf as; do
		printf '#!/bin/sh\nexec %s-%s "$@"\n' "$2" "${name#*:}" >"$1/${name%%:*}"
		chmod +x "$1/${name%%:*}"
	done
}

# write_cross_recipe LIBRARY TRIPLET DIRECTORY: the recipe in DIRECTORY/recipes, after what tells its build system that
# programs for the other machine cannot be run here.
write_cross_recipe() {
	local processor=${2%%-*}
	mkdir -p "$3/recipes"
	cat >"$3/config.site" <<-SITE
		build_alias=$(gcc -dumpmachine)
		host_alias=$2
		cross_compiling=yes
		# PostgreSQL looks for it in the machine it is built on.
		ac_cv_file__dev_urandom=yes
	SITE
	cat >"$3/toolchain.cmake" <<-CMAKE
		set(CMAKE_SYSTEM_NAME Linux)
		set(CMAKE_SYSTEM_PROCESSOR $processor)
	CMAKE
	{
		printf 'export CONFIG_SITE=%q CMAKE_TOOLCHAIN_FILE=%q\n' "$3/config.site" "$3/toolchain.cmake"
		cat "$third_party/recipes/$1.sh"
		# OpenSSL's ./config asks the kernel what to build for.
		# shellcheck disable=SC2016
		[ "$1" != openssl ] ||
			printf 'eval "$(declare -f configure | sed "s,\\./config ,./Configure linux-%s ,")"\n' "$processor"
	} >"$3/recipes/$1.sh"
}
