# musl: the C library of the release binaries, and musl-gcc, the wrapper that makes gcc use it.
tools="make"

configure() { ./configure --prefix="$final" --disable-shared --enable-wrapper=gcc CC=cc CFLAGS="$CFLAGS"; }

# The wrapper must call the real compiler, not the one that builds musl here.
compile() { make -j"$jobs" WRAPCC_GCC=gcc; }

install_files() {
	make install WRAPCC_GCC=gcc DESTDIR="$PWD/staged"
	cp -R "staged$final/." "$destination/"
}
