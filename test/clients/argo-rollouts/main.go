// Asks as the AnalysisRun controller of Argo Rollouts does, by its own code: its filling in of arguments, its
// providers, its conditions. One line of JSON in, one line of JSON out, until the input ends:
//
//	in   {"template": {an AnalysisTemplate}, "args": {"name": "value"}}
//	out  {"metric": "…", "phase": "Successful", "value": "[1]", "message": ""}
//
// The first metric of the template is measured once. A panic, which ends the controller's process, is the phase
// "panic".
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/argoproj/argo-rollouts/metricproviders/prometheus"
	"github.com/argoproj/argo-rollouts/metricproviders/webmetric"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	analysisutil "github.com/argoproj/argo-rollouts/utils/analysis"
	"github.com/sirupsen/logrus"
)

type question struct {
	Template v1alpha1.AnalysisTemplate `json:"template"`
	Args     map[string]string         `json:"args"`
}

type answer struct {
	Metric  string `json:"metric"`
	Phase   string `json:"phase"`
	Value   string `json:"value"`
	Message string `json:"message"`
}

func main() {
	logrus.SetOutput(io.Discard)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := out.Encode(measured(lines.Bytes())); err != nil {
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

func measured(line []byte) (result answer) {
	defer func() {
		if cause := recover(); cause != nil {
			result.Phase, result.Message = "panic", fmt.Sprint(cause)
		}
	}()
	metric, err := metricOf(line)
	if err != nil {
		fail(err)
	}
	result.Metric = metric.Name
	measurement, err := measure(metric)
	if err != nil {
		// The controller makes this of a provider that it cannot make: analysis/analysis.go, runMeasurements.
		return answer{metric.Name, string(v1alpha1.AnalysisPhaseError), "", err.Error()}
	}
	return answer{metric.Name, string(measurement.Phase), measurement.Value, measurement.Message}
}

// metricOf reads the template strictly, as the API server does, and fills in the arguments.
func metricOf(line []byte) (v1alpha1.Metric, error) {
	var asked question
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		return v1alpha1.Metric{}, err
	}
	if len(asked.Template.Spec.Metrics) == 0 {
		return v1alpha1.Metric{}, fmt.Errorf("the template %q has no metric", asked.Template.Name)
	}
	var args []v1alpha1.Argument
	for name, value := range asked.Args {
		args = append(args, v1alpha1.Argument{Name: name, Value: &value})
	}
	metric, err := analysisutil.ResolveMetricArgs(asked.Template.Spec.Metrics[0], args)
	if err != nil {
		return v1alpha1.Metric{}, err
	}
	return *metric, nil
}

// measure makes the provider as metricproviders.ProviderFactory does, which would bring all the other providers.
func measure(metric v1alpha1.Metric) (v1alpha1.Measurement, error) {
	log := *logrus.NewEntry(logrus.StandardLogger())
	switch {
	case metric.Provider.Prometheus != nil:
		api, err := prometheus.NewPrometheusAPI(metric)
		if err != nil {
			return v1alpha1.Measurement{}, err
		}
		provider, err := prometheus.NewPrometheusProvider(api, log, metric)
		if err != nil {
			return v1alpha1.Measurement{}, err
		}
		return provider.Run(nil, metric), nil
	case metric.Provider.Web != nil:
		client, err := webmetric.NewWebMetricHttpClient(metric)
		if err != nil {
			return v1alpha1.Measurement{}, err
		}
		parser, err := webmetric.NewWebMetricJsonParser(metric)
		if err != nil {
			return v1alpha1.Measurement{}, err
		}
		return webmetric.NewWebMetricProvider(log, client, parser).Run(nil, metric), nil
	}
	return v1alpha1.Measurement{}, fmt.Errorf("the provider of %q is neither prometheus nor web", metric.Name)
}
