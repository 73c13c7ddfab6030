# nghttp2: the frames of HTTP/2, for libcurl. The library only.
tools="cmake make"

configure() {
	cmake -S . -B out -DCMAKE_C_COMPILER=cc -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$CFLAGS" \
		-DCMAKE_EXE_LINKER_FLAGS="$LDFLAGS" -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=lib \
		-DENABLE_LIB_ONLY=ON -DENABLE_DOC=OFF -DBUILD_SHARED_LIBS=OFF -DBUILD_STATIC_LIBS=ON -DBUILD_TESTING=OFF
}

compile() { make -C out -j"$jobs"; }

install_files() {
	make -C out install DESTDIR="$PWD/staged"
	cp -R staged/usr/include/. "$destination/include/"
	cp staged/usr/lib/libnghttp2.a "$destination/lib/"
}
