"""make release: what is published, that it is what was built, and that the same source gives the same bytes."""

import fcntl
import hashlib
import io
import json
import re
import subprocess
import tarfile

import pytest

from support import release as made
from support.release import NATIVE, VERSION, run
from support.runner import REPOSITORY

NAMES = ["waitfor", "waitfor-tls"]
ARCHES = made.architectures()
BOTH = pytest.mark.parametrize("name", NAMES)
EACH = pytest.mark.parametrize("name, arch", [(name, arch) for name in NAMES for arch in ARCHES])


@pytest.fixture(scope="module")
def base(tmp_path_factory, worker_id):
    """A folder that the workers of one run share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="module")
def dist(base):
    """{name: path} of one release, made by the first worker that wants it."""
    tree = base / "release"
    with open(base / "release.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (tree / "dist").exists():
            tree.mkdir(exist_ok=True)
            made.release(made.copy_tree(tree))
    return {path.name: path for path in (tree / "dist").iterdir()}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def members(data):
    """{path: TarInfo} and {path: bytes} of a tar archive."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        entries = archive.getmembers()
        return {entry.name: entry for entry in entries}, {entry.name: archive.extractfile(entry).read()
                                                          for entry in entries if entry.isfile()}


def test_what_is_published(dist):
    expected = {"SHA256SUMS", "IMAGES", f"waitfor-{VERSION}.spdx.json", f"waitfor-{VERSION}.provenance.txt"}
    for name in NAMES:
        expected.add(f"{name}-{VERSION}.oci.tar")
        for arch in ARCHES:
            stem = f"{name}-{VERSION}-linux-{arch}"
            expected |= {stem, f"{stem}.tar.gz", f"{stem}.docker.tar", f"{name}_{VERSION}_{arch}.deb"}
    assert set(dist) == expected
    assert run("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS", cwd=dist["SHA256SUMS"].parent) == ""
    listed = re.findall(r"(?m)^\w{64}  (.+)$", dist["SHA256SUMS"].read_text())
    assert set(listed) == expected - {"SHA256SUMS"}


def test_the_same_source_gives_the_same_bytes(dist, base, folder):
    """In another folder, with other times of the files and another mask; and a signature changes nothing but itself."""
    tree = made.copy_tree(folder / "in a deeper place" / "tree")
    run("sh", "-c", "find docs scripts third-party -exec touch {} +", cwd=tree)
    key = folder / "key"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "release", "-f", key)
    other = made.release(tree, env={"SIGNING_KEY": str(key), "UMASK": "077"})
    assert set(other) == set(dist) | {"SHA256SUMS.sig"}
    assert [name for name in dist if dist[name].read_bytes() != other[name].read_bytes()] == []
    check_signature(other["SHA256SUMS"].parent, key, folder)


def check_signature(folder, key, work):
    """By the command of README, which must find out when the file is another."""
    public = key.with_suffix(".pub").read_text().split()
    (folder / "waitfor.signers").write_text(f"waitfor {public[0]} {public[1]}\n")
    command = re.search(r"(?m)^(ssh-keygen -Y verify .*)$", (REPOSITORY / "README.md").read_text())[1]
    assert 'Good "file" signature for waitfor' in run("sh", "-c", command, cwd=folder)
    (folder / "SHA256SUMS").write_text((folder / "SHA256SUMS").read_text().replace("a", "b", 1))
    with pytest.raises(AssertionError):
        run("sh", "-c", command, cwd=folder)


@EACH
def test_every_form_holds_the_program_that_was_built(dist, base, folder, name, arch):
    built, stem = (base / "release" / made.place(arch) / name).read_bytes(), f"{name}-{VERSION}-linux-{arch}"
    assert dist[stem].read_bytes() == built and dist[stem].stat().st_mode & 0o777 == 0o755
    entries, files = members(dist[f"{stem}.tar.gz"].read_bytes())
    assert files[f"{stem}/bin/waitfor"] == built and entries[f"{stem}/bin/waitfor"].mode == 0o755
    run("dpkg-deb", "--extract", dist[f"{name}_{VERSION}_{arch}.deb"], folder)
    assert (folder / "usr/bin/waitfor").read_bytes() == built
    _, archive = members(dist[f"{stem}.docker.tar"].read_bytes())
    manifest, = json.loads(archive["manifest.json"])
    assert members(archive[manifest["Layers"][0]])[1]["waitfor"] == built


@EACH
def test_the_archive_is_unpacked_into_a_prefix(dist, folder, name, arch):
    entries, files = members(dist[f"{name}-{VERSION}-linux-{arch}.tar.gz"].read_bytes())
    top = f"{name}-{VERSION}-linux-{arch}/"
    assert all((entry.uid, entry.gid, entry.mtime) == (0, 0, made.EPOCH) for entry in entries.values())
    assert {path.removeprefix(top) for path in files} == {
        "bin/waitfor", "share/man/man1/waitfor.1", "share/bash-completion/completions/waitfor",
        "share/zsh/site-functions/_waitfor", "share/fish/vendor_completions.d/waitfor.fish",
        *(f"share/doc/waitfor/{file}" for file in
          ["CHANGELOG.md", "DROP-IN.md", "LICENSE", "copyright", "events.schema.json", "explain.schema.json"]
          + ["Apache-2.0"] * (name == "waitfor-tls"))}


@EACH
def test_what_the_package_says_of_itself(dist, folder, name, arch):
    deb = dist[f"{name}_{VERSION}_{arch}.deb"]

    def field(key):
        return run("dpkg-deb", "--field", deb, key).strip()
    other = "waitfor" if name == "waitfor-tls" else "waitfor-tls"
    assert (field("Package"), field("Version"), field("Architecture")) == (name, VERSION, arch)
    assert (field("Conflicts"), field("Replaces"), field("Depends")) == (other, other, "")
    run("dpkg-deb", "--extract", deb, folder)
    text = (folder / f"usr/share/doc/{name}/copyright").read_text()
    stanzas = set(re.findall(r"(?m)^Files: ([\w-]+)/\*$", text))
    assert stanzas == {"musl", "c-ares", "cjson", "libevent", "libpq", "libcurl"} | (
        {"openssl", "nghttp2"} if name == "waitfor-tls" else set())


def test_lintian_finds_no_error_in_the_package_with_tls(dist):
    found = run("lintian", "--allow-root", "--info", dist[f"waitfor-tls_{VERSION}_{NATIVE}.deb"])
    assert not re.findall(r"(?m)^[EW]: .*$", found), found


# --- images -------------------------------------------------------------------------------------

def check_layer(layer, name):
    entries, files = members(layer)
    assert all((entry.uid, entry.gid, entry.mtime) == (0, 0, made.EPOCH) for entry in entries.values())
    expected = {"waitfor", "usr/share/doc/waitfor/copyright"}
    if name == "waitfor-tls":
        expected |= {"etc/ssl/certs/ca-certificates.crt", "usr/share/doc/waitfor/Apache-2.0"}
    assert set(files) == expected
    assert {path for path, entry in entries.items() if entry.mode & 0o111 and entry.isfile()} == {"waitfor"}
    assert not any(entry.mode & 0o022 for entry in entries.values())


def check_config(config, name, arch):
    assert (config["os"], config["architecture"]) == ("linux", arch)
    assert config["config"]["User"] == "65532:65532" and config["config"]["Entrypoint"] == ["/waitfor"]
    labels = config["config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == name
    assert labels["org.opencontainers.image.version"] == VERSION
    assert ("Apache-2.0" in labels["org.opencontainers.image.licenses"]) == (name == "waitfor-tls")


@EACH
def test_the_archive_for_docker_load(dist, name, arch):
    _, files = members(dist[f"{name}-{VERSION}-linux-{arch}.docker.tar"].read_bytes())
    manifest, = json.loads(files["manifest.json"])
    assert manifest["RepoTags"] == [f"{name}:{VERSION}"] and len(manifest["Layers"]) == 1
    settings, layer = files[manifest["Config"]], files[manifest["Layers"][0]]
    config = json.loads(settings)
    assert manifest["Config"] == sha256(settings) + ".json"
    assert config["rootfs"] == {"type": "layers", "diff_ids": ["sha256:" + sha256(layer)]}
    check_config(config, name, arch)
    check_layer(layer, name)


@BOTH
def test_the_image_layout(dist, name):
    _, files = members(dist[f"{name}-{VERSION}.oci.tar"].read_bytes())

    def blob(descriptor):
        data = files["blobs/" + descriptor["digest"].replace(":", "/")]
        assert (len(data), "sha256:" + sha256(data)) == (descriptor["size"], descriptor["digest"])
        return data
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    top, = json.loads(files["index.json"])["manifests"]
    assert f"{name}:{VERSION}@{top['digest']}" in dist["IMAGES"].read_text().splitlines()
    images = json.loads(blob(top))["manifests"]
    assert [image["platform"]["architecture"] for image in images] == ARCHES
    seen = {"oci-layout", "index.json", "blobs/" + top["digest"].replace(":", "/")}
    for image in images:
        manifest = json.loads(blob(image))
        config, (layer,) = json.loads(blob(manifest["config"])), manifest["layers"]
        check_config(config, name, image["platform"]["architecture"])
        packed = blob(layer)
        plain = run_bytes("gzip", "-dc", packed)
        assert config["rootfs"]["diff_ids"] == ["sha256:" + sha256(plain)]
        check_layer(plain, name)
        seen |= {"blobs/" + part["digest"].replace(":", "/") for part in (image, manifest["config"], layer)}
    assert set(files) == seen, "nothing that no manifest names"


@BOTH
def test_another_program_reads_the_layout_and_finds_the_digest(dist, folder, name):
    run("skopeo", "copy", "--quiet", "--all", "--preserve-digests", f"oci-archive:{dist[f'{name}-{VERSION}.oci.tar']}",
        f"dir:{folder / 'image'}")
    manifest = (folder / "image/manifest.json").read_bytes()
    assert f"{name}:{VERSION}@sha256:{sha256(manifest)}\n" in dist["IMAGES"].read_text()


def run_bytes(*argv):
    *words, data = argv
    return subprocess.run(words, input=data, stdout=subprocess.PIPE, check=True).stdout


def test_the_certificates_are_those_of_the_package(dist, folder):
    """Each can be read, and none is there that the machine's administrator has added."""
    _, files = members(dist[f"waitfor-tls-{VERSION}-linux-{NATIVE}.docker.tar"].read_bytes())
    manifest, = json.loads(files["manifest.json"])
    bundle = members(files[manifest["Layers"][0]])[1]["etc/ssl/certs/ca-certificates.crt"].decode()
    found = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", bundle, re.S)
    listed = run("sh", "-c", "dpkg --listfiles ca-certificates | grep -c '^/usr/share/ca-certificates/.*crt$'")
    assert len(found) == int(listed) > 50
    (folder / "bundle").write_text(bundle)
    read = run("openssl", "crl2pkcs7", "-nocrl", "-certfile", folder / "bundle", "-out", folder / "p7")
    subjects = run("openssl", "pkcs7", "-in", folder / "p7", "-print_certs", "-noout")
    assert read == "" and subjects.count("subject=") == len(found)


# --- what it is made of -------------------------------------------------------------------------

@BOTH
def test_the_bill_of_materials_says_what_the_program_says(dist, name):
    bill = json.loads(dist[f"waitfor-{VERSION}.spdx.json"].read_text())
    packages = {package["SPDXID"]: package for package in bill["packages"]}
    stem = f"{name}-{VERSION}-linux-{NATIVE}"
    program_id, = (key for key, package in packages.items() if package.get("packageFileName") == stem)
    assert packages[program_id]["checksums"][0]["checksumValue"] == sha256(dist[stem].read_bytes())
    linked = {packages[row["relatedSpdxElement"]]["name"].lower(): packages[row["relatedSpdxElement"]]
              for row in bill["relationships"]
              if (row["spdxElementId"], row["relationshipType"]) == (program_id, "STATIC_LINK")}
    spoken = [line.split()[:2] for line in run(dist[stem], "--version").splitlines()[1:]]
    versions = {word.lower().replace("libcurl", "curl"): version.split("-")[0] for word, version in spoken}
    assert versions == {key: package["versionInfo"] for key, package in linked.items() if key != "libgcc"}
    lock = (REPOSITORY / "third-party/sources.lock").read_text()
    for key in versions:
        assert linked[key]["checksums"][0]["checksumValue"] in lock
        assert linked[key]["licenseDeclared"] not in ("", "NOASSERTION")


def test_the_bill_of_materials_has_the_form_of_spdx(dist):
    """What https://spdx.github.io/spdx-spec/v2.3/ wants of a document, a package and a relationship."""
    bill = json.loads(dist[f"waitfor-{VERSION}.spdx.json"].read_text())
    assert (bill["spdxVersion"], bill["dataLicense"], bill["SPDXID"]) == ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT")
    assert bill["creationInfo"]["created"] == "2023-11-14T22:13:20Z" and bill["documentNamespace"].startswith("https://")
    known = {package["SPDXID"] for package in bill["packages"]}
    assert len(known) == len(bill["packages"])
    for package in bill["packages"]:
        assert {"name", "SPDXID", "downloadLocation"} <= set(package) and package["filesAnalyzed"] is False
        assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"])
    for row in bill["relationships"]:
        assert {row["spdxElementId"], row["relatedSpdxElement"]} <= known | {"SPDXRef-DOCUMENT"}
        assert row["relationshipType"] in ("DESCRIBES", "STATIC_LINK", "OPTIONAL_COMPONENT_OF")
    described = [row for row in bill["relationships"] if row["relationshipType"] == "DESCRIBES"]
    assert len(described) == len(NAMES) * len(ARCHES)


def test_the_provenance_names_tools_and_sources(dist):
    text = dist[f"waitfor-{VERSION}.provenance.txt"].read_text()
    for path in ("src/main.c", "scripts/release/run", "third-party/recipes/openssl.sh"):
        assert f"{sha256((REPOSITORY / path).read_bytes())}  {path}\n" in text
    for digest in re.findall(r"(?m)^ (\w{64}) ", (REPOSITORY / "third-party/sources.lock").read_text()):
        assert digest in text
    assert run("gcc", "--version").splitlines()[0] in text
    assert str(REPOSITORY) not in text and not re.search(r"/tmp/|/root/|/home/", text), "no path of this machine"


def test_nothing_is_left_if_it_fails(base, dist, folder):
    """A key that is not there: the last release stays as it was, and no half of a new one is left."""
    tree = base / "release"
    before = {path.name: path.stat().st_mtime_ns for path in (tree / "dist").iterdir()}
    with pytest.raises(AssertionError, match="no-such-key"):
        run("scripts/release/run", VERSION, NATIVE, cwd=tree, env={"SIGNING_KEY": str(folder / "no-such-key")})
    assert {path.name: path.stat().st_mtime_ns for path in (tree / "dist").iterdir()} == before
    assert not list((tree / "build").glob("release.*"))
