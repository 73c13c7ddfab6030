"""The programs of the node: what each is told, in files and options, and in which order they come up."""

import json
import subprocess

from docker_lab import eventually
from node_room import ADDRESS, CNI_PLUGINS

NAME = "node1"
SERVER = "https://127.0.0.1:6443"
TOKEN = "the-nodes-own"
SERVICES = "10.96.0.0/16"
PODS = "10.244.0.0/16"
SOCKET = "/run/containerd/containerd.sock"
# The image of each pod's first container, which only holds its namespaces.
PAUSE = "localhost/pause:latest"

# Every client of the API is this one, which may do everything: no test is about rights.
KUBECONFIG = {
    "apiVersion": "v1", "kind": "Config", "current-context": "node",
    "contexts": [{"name": "node", "context": {"cluster": "node", "user": "node"}}],
    "clusters": [{"name": "node", "cluster": {"server": SERVER, "insecure-skip-tls-verify": True}}],
    "users": [{"name": "node", "user": {"token": TOKEN}}],
}

# restrict_oom_score_adj: without CAP_SYS_RESOURCE runc could not lower the pods' scores, and dies.
CONTAINERD = """
version = 2
root = "{directory}/containerd"
state = "/run/containerd"
[grpc]
address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
restrict_oom_score_adj = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plugins}"
conf_dir = "{directory}/cni"
"""

# A pair of interfaces for each pod, and a route: no bridge, and so no rule about what passes one.
CNI = {
    "cniVersion": "0.4.0", "name": "pods",
    "plugins": [{"type": "ptp", "ipam": {
        "type": "host-local", "subnet": PODS, "dataDir": "/run/cni", "routes": [{"dst": "0.0.0.0/0"}],
    }}],
}

# The cluster's names as kubeadm (1.34) has CoreDNS serve them. No other name exists; nobody else is asked.
COREFILE = """
cluster.local:53 {{
    bind {address}
    errors
    kubernetes cluster.local {{
        kubeconfig {kubeconfig}
        pods insecure
        ttl 30
    }}
    cache {cache}
}}
.:53 {{
    bind {address}
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""
KUBEADM_CACHE = "30 {\n disable success cluster.local\n disable denial cluster.local\n }"


def kubelet_settings(room):
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{room.cgroup}",
        "cgroupsPerQOS": False, "enforceNodeAllocatable": [],
        "failSwapOn": False,
        # The machine's disk and memory are others' too.
        "evictionHard": {"memory.available": "1Mi", "nodefs.available": "0%", "imagefs.available": "0%"},
        "imageGCHighThresholdPercent": 100,
        "clusterDNS": [ADDRESS], "clusterDomain": "cluster.local", "resolvConf": f"{room.directory}/resolv.conf",
        "syncFrequency": "10s", "volumeStatsAggPeriod": "0s",
    }


class Components:
    def __init__(self, room, programs):
        self.room = room
        self.programs = programs
        self.kubeconfig = room.directory / "kubeconfig"

    def _write(self, name, content):
        file = self.room.directory / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return file

    def _start(self, program, *options, name=None):
        self.room.start(name or program, self.programs / program, *options)

    def kubectl_words(self, *arguments):
        return [self.programs / "kubectl", f"--kubeconfig={self.kubeconfig}", *arguments]

    def kubectl(self, *arguments, **options):
        return self.room.run(*self.kubectl_words(*arguments), **options)

    def ctr(self, *arguments, **options):
        return self.room.run("ctr", f"--address={SOCKET}", "--namespace=k8s.io", *arguments, **options)

    def _eventually(self, what, condition):
        def checked():
            self.room.check_alive()
            return condition()

        eventually(what, checked, 120, lambda: "".join(map(self.room.log, self.room.started)))

    def start(self):
        self._write("kubeconfig", KUBECONFIG)
        self._start_containerd()
        self._start_server()
        self._eventually("the API is ready", lambda: not self.kubectl("get", "--raw=/readyz", check=False).returncode)
        client = f"--kubeconfig={self.kubeconfig}"
        self._start("kube-controller-manager", client, "--leader-elect=false",
                    f"--service-account-private-key-file={self.room.directory}/account.key")
        self._start("kube-scheduler", client, "--leader-elect=false")
        self._start("kube-proxy", client, f"--hostname-override={NAME}", "--proxy-mode=iptables",
                    f"--cluster-cidr={PODS}", "--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0s",
                    "--conntrack-tcp-timeout-close-wait=0s")
        self._write("resolv.conf", "")
        settings = self._write("kubelet.yaml", kubelet_settings(self.room))
        self._start("kubelet", client, f"--config={settings}", f"--hostname-override={NAME}", f"--node-ip={ADDRESS}")
        self.start_dns("coredns", ADDRESS, KUBEADM_CACHE)

    def _start_containerd(self):
        self._write("cni/pods.conflist", CNI)
        settings = CONTAINERD.format(directory=self.room.directory, socket=SOCKET, pause=PAUSE, plugins=CNI_PLUGINS)
        self.room.start("containerd", "containerd", f"--config={self._write('containerd.toml', settings)}")

    def _start_server(self):
        directory = self.room.directory
        self.room.start("etcd", "etcd", "--data-dir=/run/etcd")
        key = directory / "account.key"
        self.room.run("openssl", "genrsa", "-out", key, "2048")
        tokens = self._write("tokens", f"{TOKEN},admin,admin,system:masters\n")
        self._start(
            "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", f"--service-cluster-ip-range={SERVICES}",
            f"--advertise-address={ADDRESS}", f"--cert-dir={directory}/certificates", "--allow-privileged",
            "--authorization-mode=AlwaysAllow", f"--token-auth-file={tokens}",
            "--disable-admission-plugins=ServiceAccount", "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}", "--kubelet-preferred-address-types=InternalIP",
        )

    def start_dns(self, name, address, cache):
        text = COREFILE.format(address=address, kubeconfig=self.kubeconfig, cache=cache)
        self._start("coredns", f"-conf={self._write(f'{name}.conf', text)}", name=name)

    def wait(self):
        """Until the node takes pods."""
        self._eventually("the node is ready", lambda: "True" in self.kubectl(
            "get", "node", NAME, "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}', check=False).stdout)

    def load(self, images):
        """Hands images of the engine to containerd: {name there: names here}."""
        self._eventually("containerd answers", lambda: self.ctr("version", check=False).returncode == 0)
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as save:
            self.ctr("images", "import", "-", stdin=save.stdout, timeout=300)
        for there, here in images.items():
            self.ctr("images", "tag", "--force", _full(there), *here)


def _full(name):
    """As containerd says it."""
    return f"docker.io/{name if '/' in name else f'library/{name}'}:latest"
