// What a Kubernetes node runs, in one program, for the tests:
//
//	node kubelet | kube-scheduler | kube-proxy [flags]
//
// The name it is called by (a link named kubelet, say) serves as the subcommand too. The flags are those of the
// original programs, whose code this is.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	name := filepath.Base(os.Args[0])
	if !run(name) && len(os.Args) > 1 {
		name = os.Args[1]
		os.Args = os.Args[1:]
		run(name)
	}
	fmt.Fprintln(os.Stderr, "usage: node kubelet|kube-scheduler|kube-proxy [flags]")
	os.Exit(2)
}

// run ends the process when the server that it started ends, and returns false when there is none so named.
func run(name string) bool {
	switch name {
	case "kubelet":
		os.Exit(cli.Run(kubelet.NewKubeletCommand(context.Background())))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "kube-proxy":
		os.Exit(cli.Run(proxy.NewProxyCommand()))
	}
	return false
}
