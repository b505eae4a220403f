// Says how well an object is by the rules of two clients, by their own code: the kustomize-controller of Flux, which
// waits by kstatus with a reader of its own for Jobs, and the health of gitops-engine, which Argo CD waits for. One line
// of JSON in, one line of JSON out, until the input ends:
//
//	in   {an object}
//	out  {"kstatus": "Current", "flux": "Current", "argo": "Healthy"}
//
// `kstatus` is without the reader of Flux. An object that gitops-engine has no health of is empty in `argo`. An object of
// Flux itself is read strictly, as its API server does: a field that Flux does not know ends the program.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/argoproj/gitops-engine/pkg/health"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	helm "github.com/fluxcd/helm-controller/api/v2"
	kustomize "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/runtime/statusreaders"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type seen struct {
	Kstatus string `json:"kstatus"`
	Flux    string `json:"flux"`
	Argo    string `json:"argo"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		result, err := judged(lines.Bytes())
		if err == nil {
			err = out.Encode(result)
		}
		if err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

func judged(line []byte) (seen, error) {
	// Its own method keeps whole numbers whole; both clients refuse others where a count belongs.
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(line); err != nil {
		return seen{}, err
	}
	if err := known(object.GetKind(), line); err != nil {
		return seen{}, err
	}
	computed, err := status.Compute(object)
	if err != nil {
		return seen{}, err
	}
	argo, err := health.GetResourceHealth(object, nil)
	if err != nil {
		return seen{}, err
	}
	result := seen{Kstatus: computed.Status.String(), Flux: computed.Status.String()}
	if argo != nil {
		result.Argo = string(argo.Status)
	}
	// The only reader that kustomize-controller adds: kustomization_controller.go, getClientAndPoller.
	jobs := statusreaders.NewCustomJobStatusReader(nil)
	if jobs.Supports(object.GroupVersionKind().GroupKind()) {
		read, err := jobs.ReadStatusForObject(context.Background(), nil, object)
		if err != nil {
			return seen{}, err
		}
		result.Flux = read.Status.String()
	}
	return result, nil
}

func known(kind string, line []byte) error {
	kinds := map[string]any{"HelmRelease": &helm.HelmRelease{}, "Kustomization": &kustomize.Kustomization{}}
	into, isOfFlux := kinds[kind]
	if !isOfFlux {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
