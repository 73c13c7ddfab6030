# c-ares: names, asked on the event loop. Without threads: waitfor has one, and they cost 12 kB.
tools="cmake make"

configure() {
	cmake -S . -B out -DCMAKE_C_COMPILER=cc -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$CFLAGS" \
		-DCMAKE_EXE_LINKER_FLAGS="$LDFLAGS" -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=lib \
		-DCARES_STATIC=ON -DCARES_SHARED=OFF -DCARES_THREADS=OFF \
		-DCARES_BUILD_TOOLS=OFF -DCARES_BUILD_TESTS=OFF -DCARES_BUILD_CONTAINER_TESTS=OFF
}

compile() { make -C out -j"$jobs"; }

install_files() {
	make -C out install DESTDIR="$PWD/staged"
	cp -R staged/usr/include/. "$destination/include/"
	cp staged/usr/lib/libcares.a "$destination/lib/"
}
