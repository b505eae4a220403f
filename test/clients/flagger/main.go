// Calls the webhooks of a Canary as Flagger does, by its own code. One line of JSON in, one line of JSON out, until the
// input ends:
//
//	in   {a Canary}
//	out  [{"name": "…", "type": "confirm-rollout", "error": "why it did not succeed, or empty"}]
//
// All of its hooks are called at once, each of them once.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	flagger "github.com/fluxcd/flagger/pkg/apis/flagger/v1beta1"
	"github.com/fluxcd/flagger/pkg/controller"
)

type called struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Error string `json:"error"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		canary, err := canaryOf(lines.Bytes())
		if err == nil {
			err = out.Encode(callAll(canary))
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

// canaryOf reads strictly, as the API server does.
func canaryOf(line []byte) (flagger.Canary, error) {
	var canary flagger.Canary
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&canary)
	return canary, err
}

func callAll(canary flagger.Canary) []called {
	hooks := canary.GetAnalysis().Webhooks
	results := make([]called, len(hooks))
	var all sync.WaitGroup
	for i, hook := range hooks {
		all.Go(func() {
			results[i] = called{Name: hook.Name, Type: string(hook.Type)}
			if err := controller.CallWebhook(canary, flagger.CanaryPhaseProgressing, hook); err != nil {
				// The message is the body of the answer, which may be empty.
				results[i].Error = "failed: " + err.Error()
			}
		})
	}
	all.Wait()
	return results
}
