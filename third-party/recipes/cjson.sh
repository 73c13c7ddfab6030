# cJSON: two files and no build system worth starting. Included as <cjson/cJSON.h>, as in Debian.
tools=""

configure() { :; }

compile() {
	cc $CFLAGS -c cJSON.c -o cJSON.o
	ar rcD libcjson.a cJSON.o
}

install_files() {
	mkdir "$destination/include/cjson"
	cp cJSON.h "$destination/include/cjson/"
	cp libcjson.a "$destination/lib/"
}
