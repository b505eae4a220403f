// Verifies envelopes by the DSSE library of in-toto and cosign. One line of JSON in, one line of JSON out, until the input ends:
//
//	in   {"envelope": {...}, "key": "PEM of the public key", "keyid": "its name"}
//	out  {"accepted": true, "payload": "what was signed"} or {"accepted": false, "error": "why not"}
package main

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

type question struct {
	Envelope dsse.Envelope `json:"envelope"`
	Key      string        `json:"key"`
	KeyID    string        `json:"keyid"`
}

type answer struct {
	Accepted bool   `json:"accepted"`
	Payload  string `json:"payload,omitempty"`
	Error    string `json:"error,omitempty"`
}

type verifier struct {
	key ed25519.PublicKey
	id  string
}

func (v verifier) Verify(_ context.Context, data, signature []byte) error {
	if !ed25519.Verify(v.key, data, signature) {
		return errors.New("the signature is of something else")
	}
	return nil
}

func (v verifier) KeyID() (string, error)   { return v.id, nil }
func (v verifier) Public() crypto.PublicKey { return v.key }

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := out.Encode(verified(lines.Bytes())); err != nil {
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

func verified(line []byte) answer {
	payload, err := payloadOf(line)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Accepted: true, Payload: string(payload)}
}

func payloadOf(line []byte) ([]byte, error) {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(asked.Key))
	if block == nil {
		return nil, errors.New("the key is no PEM")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := public.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("the key is no ed25519 key")
	}
	envelopes, err := dsse.NewEnvelopeVerifier(verifier{key, asked.KeyID})
	if err != nil {
		return nil, err
	}
	if _, err := envelopes.Verify(context.Background(), &asked.Envelope); err != nil {
		return nil, err
	}
	return asked.Envelope.DecodeB64Payload()
}
