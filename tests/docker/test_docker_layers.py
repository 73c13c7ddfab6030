"""docker/Makefile's images stand on each other, and a change rebuilds what is above it and nothing else."""

import json

import pytest

from docker_lab import docker


def layers(image):
    return json.loads(docker("inspect", "--format", "{{json .RootFS.Layers}}", image).stdout)


def read(image, path):
    return docker("run", "--rm", "--entrypoint", "cat", image, path).stdout


def perl(image, program):
    return docker("run", "--rm", "--entrypoint", "perl", image, "-e", program, check=False)


@pytest.fixture
def own_images(desk, workflow):
    """Names for api and staging, so that no other test sees the changed ones; perl-base is the one of all."""
    prefix = f"{workflow.prefix}-{desk.port}"
    docker("tag", f"{workflow.prefix}/perl-base", f"{prefix}/perl-base")
    desk.names["IMAGES"] = prefix
    yield prefix
    for name in ("api", "staging", "perl-base"):
        docker("rmi", "--force", f"{prefix}/{name}", check=False)


def test_change_of_code_rebuilds_the_top_layer_alone(desk, workflow, own_images):
    desk.make("api-image")
    before = layers(f"{own_images}/api")
    base = layers(f"{workflow.prefix}/perl-base")
    assert before[: len(base)] == base, "api stands on perl-base"

    service = desk.code / "lib" / "Notes" / "Service.pm"
    service.write_text(service.read_text() + "# changed\n")
    desk.make("api-image")
    after = layers(f"{own_images}/api")
    assert (after[:-1], len(after)) == (before[:-1], len(before))
    assert after[-1] != before[-1]
    assert read(f"{own_images}/api", "/opt/api/lib/Notes/Service.pm").endswith("# changed\n")


def test_new_dependency_makes_a_staging_layer_and_leaves_the_base(desk, workflow, own_images):
    assert perl(f"{own_images}/perl-base", "use Roman").returncode != 0
    with (desk.code / "cpanfile").open("a") as cpanfile:
        cpanfile.write("requires 'Roman', '1.0';\n")
    desk.make("staging-image")
    desk.make("api-image", STAGING="1")
    staging = layers(f"{own_images}/staging")
    base = layers(f"{workflow.prefix}/perl-base")
    assert staging[: len(base)] == base
    assert layers(f"{own_images}/api")[: len(staging)] == staging
    used = perl(f"{own_images}/api", "use Roman; print Roman(14)")
    assert used.stdout == "XIV", used.stderr


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("requires 'No::Such::Module';", "no package for No::Such::Module"),
        ("requires 'Plack', '999';", "Plack 999 is wanted, and the package has an older one"),
        ("requires 'perl', '7';", "perl 7 is wanted"),
        ("requires 'Plack", "Can't find string terminator"),
    ],
)
def test_dependency_that_cannot_be_had_is_named(workflow, tmp_path, line, complaint):
    (tmp_path / "cpanfile").write_text(line + "\n")
    result = docker(
        "run", "--rm", "--volume", f"{tmp_path}:/wanted:ro", f"{workflow.prefix}/perl-base",
        "/root/install-dependencies", "/wanted/cpanfile", check=False,
    )
    assert result.returncode != 0
    assert complaint in result.stderr


def test_modules_come_from_the_distributions_packages(workflow):
    image = f"{workflow.prefix}/perl-base"
    owners = docker("run", "--rm", image, "dpkg-query", "--search", "/usr/share/perl5/Plack.pm", "/usr/bin/starman")
    assert {line.split(":")[0] for line in owners.stdout.splitlines()} == {"libplack-perl", "starman"}
