# OpenSSL: TLS 1.2 and 1.3 for libpq, and no more than that. Nothing may need a file: no modules, no engines.
tools="make perl"

# Left out: ways to build and to load it; protocols other than TLS 1.2 and 1.3 over TCP; message formats that no
# client needs; ciphers, digests and signatures that no PostgreSQL server asks for. md5 stays, for md5 passwords;
# des, scrypt and dh stay, for client keys encrypted with them and for DHE.
# no-secure-memory: it alone would want the kernel's headers (linux/mman.h), which musl does not have.
off="shared pic module engine async legacy comp dso secure-memory ui-console thread-pool apps docs tests
	dtls tls1 tls1_1 ssl3 srp psk ct ocsp quic http nextprotoneg srtp sctp
	cms cmp ts rfc3779 multiblock
	ml-dsa slh-dsa argon2
	aria bf blake2 camellia cast gost idea md2 md4 mdc2 ocb rc2 rc4 rc5 rmd160 seed siphash siv sm2 sm3 sm4 whirlpool
	dsa ec2m weak-ssl-ciphers"

configure() {
	local options=()
	for feature in $off; do options+=("no-$feature"); done
	./config CC=cc --prefix=/usr --libdir=lib --openssldir=/etc/ssl "${options[@]}" -DOPENSSL_SMALL_FOOTPRINT
}

compile() { make -j"$jobs" build_libs; }

install_files() {
	make install_dev DESTDIR="$PWD/staged"
	cp -R staged/usr/include/. "$destination/include/"
	cp staged/usr/lib/libssl.a staged/usr/lib/libcrypto.a "$destination/lib/"
}
