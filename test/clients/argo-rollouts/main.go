// Asks as the AnalysisRun controller of Argo Rollouts does, by its own code: its filling in of arguments, its
// providers, its conditions. One line of JSON in, one line of JSON out, until the input ends:
//
//	in   {"template": {an AnalysisTemplate}, "rollout": {a Rollout}, "args": {"name": "value"},
//	      "secrets": {"name/key": "value"}}
//	out  {"phase": "Successful", "value": "[1]", "message": "", "warnings": ""}
//
// The first metric of the template is measured once, with the arguments of the first analysis among the canary steps of
// the Rollout, if there is one, and with those in "args". A panic, which ends the controller's process, is the phase
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
	Rollout  *v1alpha1.Rollout         `json:"rollout"`
	Args     map[string]string         `json:"args"`
	Secrets  map[string]string         `json:"secrets"`
}

type answer struct {
	Phase    string `json:"phase"`
	Value    string `json:"value"`
	Message  string `json:"message"`
	Warnings string `json:"warnings"`
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
	measurement, err := measure(metric)
	if err != nil {
		// The controller makes this of a provider that it cannot make: analysis/analysis.go, runMeasurements.
		return answer{Phase: string(v1alpha1.AnalysisPhaseError), Message: err.Error()}
	}
	return answer{
		string(measurement.Phase), measurement.Value, measurement.Message, measurement.Metadata["warnings"],
	}
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
	args, err := argsOf(asked)
	if err != nil {
		return v1alpha1.Metric{}, err
	}
	metric, err := analysisutil.ResolveMetricArgs(asked.Template.Spec.Metrics[0], args)
	if err != nil {
		return v1alpha1.Metric{}, err
	}
	return *metric, nil
}

func argsOf(asked question) ([]v1alpha1.Argument, error) {
	var given []v1alpha1.Argument
	for name, value := range asked.Args {
		given = append(given, v1alpha1.Argument{Name: name, Value: &value})
	}
	if asked.Rollout != nil {
		analysis, err := firstAnalysis(asked.Rollout)
		if err != nil {
			return nil, err
		}
		// Arguments that name a pod template's hash are not asked for.
		own, err := analysisutil.BuildArgumentsForRolloutAnalysisRun(analysis.Args, nil, nil, asked.Rollout)
		if err != nil {
			return nil, err
		}
		given = append(given, own...)
	}
	args, err := analysisutil.MergeArgs(given, asked.Template.Spec.Args)
	if err != nil {
		return nil, err
	}
	// As the controller's resolveArgs, which reads them from the cluster.
	for i, arg := range args {
		if arg.ValueFrom == nil || arg.ValueFrom.SecretKeyRef == nil {
			continue
		}
		name := arg.ValueFrom.SecretKeyRef.Name + "/" + arg.ValueFrom.SecretKeyRef.Key
		secret, known := asked.Secrets[name]
		if !known {
			return nil, fmt.Errorf("there is no secret %s", name)
		}
		args[i].Value = &secret
	}
	return args, nil
}

func firstAnalysis(rollout *v1alpha1.Rollout) (*v1alpha1.RolloutAnalysis, error) {
	if rollout.Spec.Strategy.Canary != nil {
		for _, step := range rollout.Spec.Strategy.Canary.Steps {
			if step.Analysis != nil {
				return step.Analysis, nil
			}
		}
	}
	return nil, fmt.Errorf("the rollout %q has no analysis among its steps", rollout.Name)
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
