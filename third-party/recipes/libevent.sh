# libevent: libevent_core, the loop; libevent_extra, of which only evhttp is linked; and in the TLS flavour libevent_openssl. No
# threads, no debug mode. No timerfd: it costs a system call on every turn of the loop and can fail (then timers never come); epoll_wait's
# milliseconds are enough.
tools="make"

configure() {
	local ssl=--disable-openssl
	if [ "$flavour" = tls ]; then ssl=--enable-openssl; fi
	PKG_CONFIG=: ./configure --prefix=/usr --disable-shared --enable-static --disable-samples --disable-libevent-regress \
		--disable-debug-mode --disable-thread-support $ssl --disable-dependency-tracking \
		ac_cv_func_timerfd_create=no CC=cc CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS"
}

compile() {
	# Debian patches Makefile.am, so make would want the very automake that wrote Makefile.in: tell it not to.
	local no_autotools="ACLOCAL=: AUTOMAKE=: AUTOCONF=: AUTOHEADER=:"
	make $no_autotools include/event2/event-config.h
	make $no_autotools -j"$jobs" libevent_core.la libevent_extra.la
	if [ "$flavour" = tls ]; then make $no_autotools -j"$jobs" libevent_openssl.la; fi
}

install_files() {
	mkdir "$destination/include/event2"
	cp include/event2/*.h "$destination/include/event2/"
	cp include/event.h include/evutil.h "$destination/include/"
	cp .libs/libevent_core.a .libs/libevent_extra.a "$destination/lib/"
	if [ "$flavour" = tls ]; then cp .libs/libevent_openssl.a "$destination/lib/"; fi
}
