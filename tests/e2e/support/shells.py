"""Real shells that complete a line: bash and zsh at a terminal of their own, fish by its "complete -C"."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
from pathlib import Path

from support.until import until

# Whoever completes adds what it offers to $CAPTURE; Ctrl-X d adds what stands in the line, and empties it.
BASH_RC = r"""
PS1='' HISTFILE=
bind 'set bell-style none'; bind 'set completion-query-items 0'; bind 'set page-completions off'
bind 'set enable-bracketed-paste off'
%(before)s
. "$COMPLETIONS/waitfor.bash"
captured() { _waitfor "$@"; printf '%%s\n' "${COMPREPLY[@]}" >>"$CAPTURE"; }
complete -F captured waitfor
finish() { printf 'LINE:%%s\n' "$READLINE_LINE" >>"$CAPTURE"; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\C-xd": finish'
bind '"\C-xl": possible-completions'
echo LINE: >>"$CAPTURE"
"""
ZSH_RC = r"""
PS1= LISTMAX=1000
setopt no_beep no_auto_list no_list_ambiguous
fpath=("$CAPTURE.functions" $fpath)
autoload -Uz compinit && compinit -u -D
# With -O, -A or -D compadd fills an array for the function that calls it.
compadd() {
	local -a hits
	if [[ -z ${(M)argv[1,(i)--]:#-[OAD]*} ]]; then
		builtin compadd -A hits "$@"
		(( $#hits )) && print -rl -- $hits >>$CAPTURE
	fi
	builtin compadd "$@"
}
finish() { print -r -- "LINE:$BUFFER" >>$CAPTURE; BUFFER= }
zle -N finish
bindkey '^Xd' finish
bindkey '^Xl' list-choices
print LINE: >>$CAPTURE
"""


class Terminal:
    """A shell at a terminal, which is wide enough for any help text."""

    def __init__(self, shell, completions, folder, before=""):
        """`before` is run by a bash before it loads the completion; `folder` is where the shell is."""
        self._home = tempfile.TemporaryDirectory(prefix="waitfor-shell-")
        home = Path(self._home.name)
        self._capture = home / "capture"
        self._capture.touch()
        self.screen = ""
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "ZDOTDIR": str(home), "TERM": "dumb",
               "LC_ALL": "C.UTF-8", "CAPTURE": str(self._capture), "COMPLETIONS": str(completions)}
        if shell == "bash":
            (home / "rc").write_text(BASH_RC % {"before": before})
            argv = ["bash", "--noprofile", "--rcfile", str(home / "rc"), "-i"]
        else:
            (home / "capture.functions").mkdir()
            (home / "capture.functions" / "_waitfor").symlink_to(completions / "waitfor.zsh")
            (home / ".zshrc").write_text(ZSH_RC)
            argv = ["zsh", "-d", "-i"]
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 300, 0, 0))
        self._wait()

    def _read(self):
        while select.select([self._master], [], [], 0)[0]:
            try:
                self.screen += os.read(self._master, 4096).decode("utf-8", "replace")
            except OSError:
                raise AssertionError(f"the shell ended:\n{self.screen}")

    def _wait(self):
        """What was offered since the last time, and the line."""
        def finished():
            self._read()
            return self._capture.read_text().endswith("\n") and "LINE:" in self._capture.read_text()
        until(finished, 20, lambda: f"an answer in\n{self._capture.read_text()}\n{self.screen}")
        self._read()        # what was shown before the answer
        offered, line = self._capture.read_text().split("LINE:")
        self._capture.write_text("")
        return set(offered.splitlines()) - {""}, line.rstrip("\n")

    def _type(self, text):
        self.screen = ""
        os.write(self._master, text.encode() + b"\x18d")
        return self._wait()

    def offered(self, line):
        """The words that are offered for the end of the line, without what they have in common with it."""
        return self._type(line + "\t")[0]

    def completed(self, line):
        """The line after a Tab."""
        return self._type(line + "\t")[1]

    def listed(self, line):
        """What is shown when the possibilities are asked for."""
        self._type(line + "\x18l")
        return self.screen

    def close(self):
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._master)
        self._home.cleanup()


class Fish:
    """Asked without a terminal."""

    def __init__(self, completions, folder):
        self._file, self._folder = completions / "waitfor.fish", folder

    def listed(self, line):
        with tempfile.TemporaryDirectory(prefix="waitfor-shell-") as home:
            run = subprocess.run(
                ["fish", "-c", f'source "{self._file}"; complete --do-complete="$LINE"'],
                cwd=self._folder, capture_output=True, text=True, timeout=60, check=True,
                env={"PATH": os.environ["PATH"], "HOME": home, "TERM": "dumb", "LC_ALL": "C.UTF-8", "LINE": line})
        assert not run.stderr, run.stderr
        return run.stdout

    def offered(self, line):
        """Without those that have the word elsewhere than in front: fish offers them where nothing fits better."""
        words = {text.split("\t")[0] for text in self.listed(line).splitlines()}
        return {word for word in words if word.startswith(line.split(" ")[-1])}

    def completed(self, line):
        """What fish would make of the line. It puts a space behind what ends in a letter or digit."""
        word = line.split(" ")[-1]
        common = os.path.commonprefix(sorted(self.offered(line))) or word
        space = " " if len(self.offered(line)) == 1 and common[-1].isalnum() else ""
        return line[:len(line) - len(word)] + common + space

    def close(self):
        pass
