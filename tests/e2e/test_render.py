"""--render SRC:DST: a file for the app, made of a template when the wait is over."""

import json
import os
import socket
import stat
import urllib.request

import pytest

from support.peers import bound_socket
from support.servers import Server, nginx
from support.until import until

SECRET = "s3cret/@:%"
ESCAPED = "s3cret%2F%40%3A%25"
TEMPLATE = "url = postgres://app:${PW}@${DB_HOST}:${DB_PORT}/shop;\nkeep $host $$ $${x}\n"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def render(waitfor, peer, folder):
    """Waits for DB, which is ready, in a folder with a template t; the app prints o, which is made of it."""
    (folder / "t").write_text(TEMPLATE)

    def run(*args, command=("--", "cat", "o"), render="t:o", env=None, **kwargs):
        run.port = peer().port
        return waitfor("-t", "10s", "--render", render, *args, f"db=tcp://127.0.0.1:{run.port}", *command,
                       env={"PW": SECRET, **(env or {})}, cwd=folder, **kwargs)
    run.folder = folder
    run.text = lambda: f"url = postgres://app:{ESCAPED}@127.0.0.1:{run.port}/shop;\nkeep $host $ ${{x}}\n"
    return run


# --- what is written ---------------------------------------------------------------------------------------------------

def test_the_app_finds_the_file(render):
    result = render()
    assert (result.code, result.out) == (0, render.text()), result
    assert sorted(os.listdir(render.folder)) == ["o", "t"] and (render.folder / "t").read_text() == TEMPLATE


def test_a_real_nginx_starts_with_its_own_configuration(waitfor, folder):
    backend = Server(nginx)
    with bound_socket() as reserved:
        port = reserved.getsockname()[1]
        (folder / "nginx.conf.in").write_text("""
            daemon off; master_process off; pid ${FOLDER}/pid; error_log stderr info;
            events {}
            http {
                access_log ${FOLDER}/access;
                client_body_temp_path ${FOLDER}/body; proxy_temp_path ${FOLDER}/proxy;
                server { listen ${LISTEN:-127.0.0.1:1};
                    location ~ ^/(.*)$$ {
                        proxy_set_header X-Was $scheme://$host$request_uri;
                        proxy_pass http://${API_HOST}:${API_PORT}/$1;
                        add_header X-Via $1$${not_nginx}; } }
            }
        """.replace("$${not_nginx}", "$${scheme}"))
        run = waitfor.start("-t", "20s", "--render", "nginx.conf.in:nginx.conf", f"api=http://127.0.0.1:{backend.port}/",
                            "--", "nginx", "-c", folder / "nginx.conf", "-p", folder, "-e", "stderr",
                            env={"FOLDER": str(folder), "LISTEN": f"127.0.0.1:{port}"}, cwd=folder)
        run.wait_err("connection refused")
        assert not (folder / "nginx.conf").exists(), "it is written when the wait is over"
        backend.start()
        try:
            def answers():
                assert run.alive(), run.finish()
                with socket.socket() as sock:
                    return sock.connect_ex(("127.0.0.1", port)) == 0
            until(answers, 20, lambda: f"nginx listens:\n{run.err()}")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/path", timeout=10) as reply:
                assert (reply.read(), reply.headers["X-Via"]) == (b"hello", "pathhttp")
        finally:
            run.kill()
            backend.close()


def test_it_sees_what_the_app_gets(render):
    (render.folder / "t").write_text("${DATABASE} ${DB_HOST} ${DB_ADDR} ${OWN}")
    result = render("--export", "DATABASE=db-${DB_PORT}", "--export", "DB_HOST=proxy", env={"OWN": "mine"})
    assert result.out == f"db-{render.port} proxy 127.0.0.1 mine", result


def test_several_files_and_the_settings_file(render):
    (render.folder / "t2").write_text("two ${DB_PORT}")
    result = render("--render", "t2:o2", command=("--", "cat", "o", "o2"))
    assert result.out == render.text() + f"two {render.port}", result
    (render.folder / "wait.json").write_text(json.dumps({"render": ["t2:o3", "t:o4"]}))
    result = render("-f", "wait.json", command=("--", "ls"))
    assert "o3" not in result.out.split(), "the command line overrules the file"


def test_the_settings_file_and_the_variable(waitfor, peer, folder, config):
    for name in ("a", "b"):
        (folder / name).write_text(name + "${DB_PORT}")
    port = peer().port
    path = config({"render": ["a:a.out", "b:b.out"], "targets": [f"db=tcp://127.0.0.1:{port}"]})
    result = waitfor("-t", "10s", "-f", path, "--", "cat", "a.out", "b.out", cwd=folder)
    assert result.out == f"a{port}b{port}", result
    result = waitfor("-t", "10s", f"db=tcp://127.0.0.1:{port}", "--", "cat", "c", cwd=folder, env={"WAITFOR_RENDER": "a:c"})
    assert result.out == f"a{port}", result


@pytest.mark.parametrize("text", ["", "no end of line ${DB_PORT}", "${DB_PORT}\r\nx\r\n", "\xff\x01 ü ${DB_PORT}\n"])
def test_every_byte_but_the_expressions_stays(render, text):
    data = text.encode("latin-1" if "\xff" in text else "utf-8")
    (render.folder / "t").write_bytes(data)
    assert render(command=("--", "true")).code == 0
    assert (render.folder / "o").read_bytes() == data.replace(b"${DB_PORT}", str(render.port).encode())


def test_as_large_as_it_may_be(render):
    (render.folder / "t").write_text("x " * (1 << 19))
    assert render(command=("--", "true")).code == 0
    assert (render.folder / "o").stat().st_size == 1 << 20


def test_a_pipe_may_be_the_template(render):
    result = render(command=("--", "cat", "o"), render="/dev/stdin:o", stdin=open(render.folder / "t"))
    assert (result.code, result.out) == (0, render.text()), result


# --- modes, and who holds the file -------------------------------------------------------------------------------------

def test_a_new_file_has_the_mode_of_its_template(render):
    (render.folder / "t").chmod(0o640)
    assert render(umask=0o027).code == 0 and mode(render.folder / "o") == 0o640
    (render.folder / "o").unlink()
    assert render(umask=0o077).code == 0 and mode(render.folder / "o") == 0o600, "without the bits of the umask"


def test_one_that_is_replaced_keeps_its_mode_and_owner(render):
    made = render.folder / "o"
    made.write_text("old and longer than the new one" * 99)
    made.chmod(0o600)
    os.chown(made, 12345, 12346)
    before = made.stat().st_ino
    assert render().out == render.text()
    found = made.stat()
    assert (mode(made), found.st_uid, found.st_gid) == (0o600, 12345, 12346)
    assert found.st_ino != before, "a reader of the old one is not disturbed"


def test_a_link_stays(render):
    (render.folder / "o").symlink_to("real")
    assert render().out == render.text() and (render.folder / "o").is_symlink()


# --- when --------------------------------------------------------------------------------------------------------------

def test_not_when_the_wait_fails(waitfor, peer, folder):
    (folder / "t").write_text("${DB_PORT}")
    (folder / "o").write_text("old")
    result = waitfor("-t", "300ms", "--render", "t:o", f"db=tcp://127.0.0.1:{peer(listen=False).port}", "--", "true",
                     cwd=folder)
    assert result.code == 124 and (folder / "o").read_text() == "old", result


def test_run_anyway(waitfor, peer, folder):
    (folder / "t").write_text("${DB_PORT} ${DB_ADDR:-none}")
    port = peer(listen=False).port
    result = waitfor("-t", "300ms", "--run-anyway", "--render", "t:o", f"db=tcp://127.0.0.1:{port}", "--", "cat", "o",
                     cwd=folder)
    assert result.out == f"{port} none", result


def test_without_a_command(render):
    result = render(command=())
    assert result.code == 0 and (render.folder / "o").read_text() == render.text(), result


def test_with_print_env(render):
    result = render("--print-env", "dotenv", command=())
    assert f"DB_PORT={render.port}\n" in result.out and (render.folder / "o").read_text() == render.text(), result


def test_a_health_check_writes_nothing(waitfor, peer, folder):
    """It finds the environment of the container, and its target is another one."""
    (folder / "t").write_text("${DB_HOST}")
    result = waitfor("--once", f"tcp://127.0.0.1:{peer().port}", cwd=folder,
                     env={"WAITFOR_RENDER": "t:o", "WAITFOR_EXPORT": "URL=${DB_HOST}"})
    assert result.code == 0 and not (folder / "o").exists(), result


@pytest.mark.parametrize("form", ["--explain", "--explain=json"])
def test_the_plan_shows_it_and_looks_at_no_file(waitfor, folder, form):
    result = waitfor(form, "--render", "missing:/nowhere/o", "db:5432", cwd=folder)
    assert result.code == 0 and "missing:/nowhere/o" in result.out, result


# --- mistakes ----------------------------------------------------------------------------------------------------------

def refused(result, *words):
    assert (result.code, result.out, len(result.lines)) == (125, "", 1) and result.seconds < 5, result
    assert all(word in result.err for word in words) and "s3cret" not in result.err, result


@pytest.mark.parametrize("text,words", [
    (b"a\n${DB_HOTS}\n", "--render: t: line 2: the variable DB_HOTS is not set"), (b"${PW%x}", "line 1"),
    (b"s3cret${", "line 1"), (b"a\0b", "t holds a NUL byte"), (b"x" * ((1 << 20) + 1), "t is larger than 1 MB")])
def test_a_template_that_cannot_be_rendered(waitfor, folder, text, words):
    (folder / "t").write_bytes(text)
    refused(waitfor("-t", "20s", "--render", "t:o", "db:1", "--", "true", env={"PW": SECRET}, cwd=folder), words)
    assert os.listdir(folder) == ["t"]


@pytest.mark.parametrize("options", [["--run-anyway"], ["--down"], ["--any", "other:1"]])
def test_an_address_that_there_may_not_be_needs_a_default(waitfor, folder, options):
    (folder / "t").write_text("s3cret${DB_ADDR}")
    refused(waitfor("-t", "20s", *options, "--render", "t:o", "db:1", "--", "true", cwd=folder),
            "if a target is not ready: --render: t: line 1: ", "${DB_ADDR:-default}")


def test_the_same_file_under_two_names(waitfor, folder):
    (folder / "t").write_text("x")
    (folder / "o").hardlink_to(folder / "t")
    refused(waitfor("-t", "20s", "--render", "t:o", "db:1", cwd=folder), "t and o are the same file")


def test_as_another_user(waitfor, folder):
    """Who may not read the template, or write into the folder, learns it before the wait."""
    (folder / "t").write_text("x")
    (folder / "t").chmod(0o600)
    refused(waitfor("-t", "20s", "--render", "t:o", "db:1", cwd=folder, user=12345), "cannot read t: Permission denied")
    (folder / "t").chmod(0o644)
    refused(waitfor("-t", "20s", "--render", "t:o", "db:1", cwd=folder, user=12345),
            "o: cannot create a file in .: Permission denied")


def test_a_folder_that_is_removed_during_the_wait(waitfor, peer, folder):
    """What the check before the wait could not know: the app does not start."""
    (folder / "t").write_text("x")
    (folder / "out").mkdir()
    one = peer(listen=False)
    run = waitfor.start("-t", "20s", "--render", "t:out/o", f"db=tcp://127.0.0.1:{one.port}", "--", "echo", "started",
                        cwd=folder)
    run.wait_err("connection refused")
    (folder / "out").rmdir()
    one.listen()
    result = run.finish()
    assert (result.code, result.out) == (125, "") and "--render: out/o: cannot create a file in" in result.err, result


def test_the_value_is_in_no_output(render):
    for form in ("lines", "json"):
        result = render("-v", "--output", form, "--report", "r.json", command=("--", "true"))
        told = result.err + result.out + (render.folder / "r.json").read_text()
        assert result.code == 0 and "s3cret" not in told and ESCAPED not in told, result
