# libevent: only libevent_core, the loop. No threads, no debug mode, no HTTP, no RPC, no TLS part. No timerfd: it costs a
# system call on every turn of the loop and can fail (then timers never come); epoll_wait's milliseconds are enough.
tools="make"

configure() {
	./configure --prefix=/usr --disable-shared --enable-static --disable-samples --disable-libevent-regress \
		--disable-debug-mode --disable-thread-support --disable-openssl --disable-dependency-tracking \
		ac_cv_func_timerfd_create=no CC=cc CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS"
}

compile() {
	# Debian patches Makefile.am, so make would want the very automake that wrote Makefile.in: tell it not to.
	local no_autotools="ACLOCAL=: AUTOMAKE=: AUTOCONF=: AUTOHEADER=:"
	make $no_autotools include/event2/event-config.h
	make $no_autotools -j"$jobs" libevent_core.la
}

install_files() {
	mkdir "$destination/include/event2"
	cp include/event2/*.h "$destination/include/event2/"
	cp include/event.h include/evutil.h "$destination/include/"
	cp .libs/libevent_core.a "$destination/lib/"
}
