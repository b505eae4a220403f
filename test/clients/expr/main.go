// Evaluates expressions by the library that Kargo and Argo Rollouts evaluate theirs with. One line of JSON in, one line of
// JSON out, until the input ends:
//
//	in   {"expression": "response.status == 200", "env": {"response": {"status": 200}}}
//	out  {"value": true} or {"error": "why there is none"}
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"

	"github.com/expr-lang/expr"
)

type question struct {
	Expression string         `json:"expression"`
	Env        map[string]any `json:"env"`
}

type answer struct {
	Value any    `json:"value"`
	Error string `json:"error,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		err := json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			err = out.Encode(evaluated(asked))
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

func evaluated(asked question) answer {
	program, err := expr.Compile(asked.Expression)
	if err != nil {
		return answer{Error: err.Error()}
	}
	value, err := expr.Run(program, whole(asked.Env))
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Value: value}
}

// whole makes int64 of whole numbers, as both clients have them.
func whole(value any) any {
	switch known := value.(type) {
	case float64:
		if known == math.Trunc(known) {
			return int64(known)
		}
	case map[string]any:
		for key, part := range known {
			known[key] = whole(part)
		}
	case []any:
		for at, part := range known {
			known[at] = whole(part)
		}
	}
	return value
}
