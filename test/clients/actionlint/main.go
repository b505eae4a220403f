// Checks workflows of GitHub Actions by actionlint. One line of JSON in, one line of JSON out, until the input ends:
//
//	in   {"path": ".github/workflows/ci.yml", "content": "on: push ..."}
//	out  {"errors": [{"message": "...", "line": 3, "column": 7, "kind": "syntax-check"}]}
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/rhysd/actionlint"
)

type question struct {
	Path    string `json:"path"`
	Content string `json:"content"`
}

type problem struct {
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Kind    string `json:"kind"`
}

type answer struct {
	Errors []problem `json:"errors"`
}

func main() {
	// Without a project: no configuration, no reusable workflow and no program beside it is looked for.
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{Shellcheck: "", Pyflakes: ""})
	if err != nil {
		fail(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		err := json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			err = check(linter, asked, out)
		}
		if err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func check(linter *actionlint.Linter, asked question, out *json.Encoder) error {
	found, err := linter.Lint(asked.Path, []byte(asked.Content), nil)
	if err != nil {
		return err
	}
	errors := []problem{}
	for _, one := range found {
		errors = append(errors, problem{one.Message, one.Line, one.Column, one.Kind})
	}
	return out.Encode(answer{errors})
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
