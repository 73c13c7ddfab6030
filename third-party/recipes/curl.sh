# libcurl: HTTP/1.1, and in the TLS flavour https and HTTP/2. It is handed sockets that are connected, so it needs no
# resolver, no IPv6 and no proxies; and it keeps nothing, so no cookies, caches or credentials of files.
tools="cmake make perl"

# Whatever HTTP can do that a question for readiness does not need.
off="ALTSVC AWS BEARER_AUTH BINDLOCAL COOKIES DIGEST_AUTH DOH FORM_API GETOPTIONS HEADERS_API HSTS IPFS KERBEROS_AUTH
	LIBCURL_OPTION MIME NEGOTIATE_AUTH NETRC PARSEDATE PROGRESS_METER PROXY SHA512_256 SHUFFLE_DNS SOCKETPAIR
	VERBOSE_STRINGS WEBSOCKETS"

# root_of HEADER: the directory of the library to which the compiler has been pointed for it. CMake wants to be told.
root_of() { echo "#include <$1>" | cc -M -x c - | tr ' ' '\n' | sed -n "s,/include/$1$,,p" | head -n 1; }

configure() {
	local options=() feature
	for feature in $off; do options+=("-DCURL_DISABLE_$feature=ON"); done
	if [ "$flavour" = tls ]; then
		options+=(-DCURL_ENABLE_SSL=ON -DCURL_USE_OPENSSL=ON -DUSE_NGHTTP2=ON -DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON
			-DOPENSSL_ROOT_DIR="$(root_of openssl/ssl.h)" -DOPENSSL_USE_STATIC_LIBS=ON
			-DNGHTTP2_INCLUDE_DIR="$(root_of nghttp2/nghttp2.h)/include"
			-DNGHTTP2_LIBRARY="$(root_of nghttp2/nghttp2.h)/lib/libnghttp2.a"
			-DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none)
	else
		options+=(-DCURL_ENABLE_SSL=OFF -DUSE_NGHTTP2=OFF)
	fi
	cmake -S . -B out -DCMAKE_C_COMPILER=cc -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$CFLAGS" \
		-DCMAKE_EXE_LINKER_FLAGS="$LDFLAGS" -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR=lib \
		-DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DBUILD_EXAMPLES=OFF \
		-DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF \
		-DHTTP_ONLY=ON -DENABLE_IPV6=OFF -DENABLE_THREADED_RESOLVER=OFF -DENABLE_UNIX_SOCKETS=OFF -DPICKY_COMPILER=OFF \
		-DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DUSE_LIBIDN2=OFF \
		-DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF "${options[@]}"
}

compile() { make -C out -j"$jobs"; }

install_files() {
	make -C out install DESTDIR="$PWD/staged"
	mkdir "$destination/include/curl"
	cp staged/usr/include/curl/*.h "$destination/include/curl/"
	cp staged/usr/lib/libcurl.a "$destination/lib/"
}
