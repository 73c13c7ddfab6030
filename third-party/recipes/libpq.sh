# libpq: PostgreSQL's client library, and the two helper archives it calls. Everything optional is left out; so is
# the server, of which only the generated headers are made.
tools="make perl bison flex"

configure() {
	local ssl=
	if [ "$flavour" = tls ]; then ssl=--with-ssl=openssl; fi
	./configure --prefix=/usr $ssl --without-readline --without-zlib --without-icu --without-gssapi --without-ldap \
		CC=cc CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS" AR=ar
}

compile() {
	make -C src/backend generated-headers
	# The "_shlib" archives are the ones for use in a library: they do not print and exit when memory runs out.
	make -C src/common -j"$jobs" libpgcommon_shlib.a
	make -C src/port -j"$jobs" libpgport_shlib.a
	make -C src/interfaces/libpq -j"$jobs" libpq.a
}

install_files() {
	cp src/interfaces/libpq/libpq-fe.h src/include/postgres_ext.h "$destination/include/"
	# Only 17 has (and includes) this one.
	if [ -e src/include/pg_config_ext.h ]; then cp src/include/pg_config_ext.h "$destination/include/"; fi
	cp src/interfaces/libpq/libpq.a src/common/libpgcommon_shlib.a src/port/libpgport_shlib.a "$destination/lib/"
}
